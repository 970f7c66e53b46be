import Mixture
package import ModelFiles
package import Tensors

/// The weights outside the experts, all in memory.
package final class DenseWeights: Sendable {
    final class Layer: Sendable {
        /// `[1, hidden]`
        let attentionNorm: Matrix
        let query: WeightMatrix
        let key: WeightMatrix
        let value: WeightMatrix
        /// `[1, headSize]` each where heads are normalized, or as wide as all of them.
        let queryNorm, keyNorm: WeightMatrix?
        let attentionOutput: WeightMatrix
        /// `[1, hidden]`
        let expertNorm: Matrix
        /// Nil where tokens are routed without scores.
        let gate: Gate?
        let router: any Router
        let shared: Shared?

        init(_ layer: Int, _ architecture: Architecture, matrix: (TensorRole) throws -> WeightMatrix) throws {
            attentionNorm = try Matrix(matrix(TensorRole(.attentionNorm, layer: layer)))
            query = try matrix(TensorRole(.query, layer: layer))
            key = try matrix(TensorRole(.key, layer: layer))
            value = try matrix(TensorRole(.value, layer: layer))
            queryNorm = architecture.qkNorm != .none ? try matrix(TensorRole(.queryNorm, layer: layer)) : nil
            keyNorm = architecture.qkNorm != .none ? try matrix(TensorRole(.keyNorm, layer: layer)) : nil
            attentionOutput = try matrix(TensorRole(.attentionOutput, layer: layer))
            expertNorm = try Matrix(matrix(TensorRole(.expertNorm, layer: layer)))
            gate = architecture.routing.hasGate ? Gate(try matrix(TensorRole(.gate, layer: layer))) : nil
            router = try architecture.router(layer: layer, matrix: matrix)
            shared = architecture.sharedIntermediateSize == nil ? nil : try Shared(layer, matrix: matrix)
        }
    }

    /// The expert that every token visits.
    struct Shared {
        let gate: WeightMatrix
        let up: WeightMatrix
        let down: WeightMatrix

        init(_ layer: Int, matrix: (TensorRole) throws -> WeightMatrix) rethrows {
            gate = try matrix(TensorRole(.sharedGate, layer: layer))
            up = try matrix(TensorRole(.sharedUp, layer: layer))
            down = try matrix(TensorRole(.sharedDown, layer: layer))
        }

        /// What its input must be prepared for.
        var inputFormats: [WeightFormat] { [gate.format, up.format] }

        var hasFloats: Bool { (inputFormats + [down.format]).contains(.f32) }
    }

    let tokenEmbedding: WeightMatrix
    let layers: [Layer]
    /// `[1, hidden]`
    let outputNorm: Matrix
    /// `[vocabulary, hidden]`; the token embedding itself when the model ties them.
    let output: WeightMatrix

    /// Collects the weights of an architecture.
    ///
    /// - Parameter matrix: the weights of a role, in kernel layout.
    /// - Throws: ``RouterTableError``, and what `matrix` throws.
    package init(_ architecture: Architecture, matrix: (TensorRole) throws -> WeightMatrix) throws {
        tokenEmbedding = try matrix(.tokenEmbedding)
        layers = try (0..<architecture.layerCount).map { try Layer($0, architecture, matrix: matrix) }
        outputNorm = try Matrix(matrix(.outputNorm))
        output = architecture.tiedEmbeddings ? tokenEmbedding : try matrix(.output)
    }
}
