import ModelFiles
import Tensors

/// What a forward pass keeps for the backward one.
final class PassMemory {
    /// Whether all layers share the memory of one, which is computed once more on the way back
    /// (Chen et al., 2016, arXiv 1604.06174).
    let recomputes: Bool
    /// The residual stream before each layer, and after the last.
    let inputs: [RowBuffer]
    let head: OutputHead.Memory
    /// The gradient of the residual stream.
    let gradient: RowBuffer
    private let layers: [Layer]

    final class Layer {
        let attention: AttentionBlock.Memory
        let mixture: MixtureBlock.Memory
        /// The residual stream between attention and experts.
        let middle: RowBuffer

        init(_ architecture: Architecture) {
            attention = AttentionBlock.Memory(architecture)
            mixture = MixtureBlock.Memory(architecture)
            middle = RowBuffer(columns: architecture.hiddenSize)
        }
    }

    init(_ architecture: Architecture, recomputes: Bool) {
        self.recomputes = recomputes
        inputs = (0...architecture.layerCount).map { _ in RowBuffer(columns: architecture.hiddenSize) }
        head = OutputHead.Memory(architecture)
        gradient = RowBuffer(columns: architecture.hiddenSize)
        layers = (0..<(recomputes ? 1 : architecture.layerCount)).map { _ in Layer(architecture) }
    }

    subscript(layer: Int) -> Layer { layers[recomputes ? 0 : layer] }
}
