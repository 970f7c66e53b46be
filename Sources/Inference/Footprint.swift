import Mixture
import ModelFiles
import Offload
import Tensors

/// What memory planning must know of a model, packed already or yet to be.
struct Footprint {
    let name: String
    let architecture: Architecture
    let layouts: [ExpertLayout]
    let denseFormats: [TensorRole: WeightFormat]
    let denseBytes: Int
    /// Memory that reading the dense weights takes beside them.
    let stagingBytes: Int

    init(_ store: Store, _ architecture: Architecture) {
        name = store.manifest.name
        self.architecture = architecture
        layouts = store.layouts
        let roles = TensorRole.dense(of: architecture)
        denseFormats = roles.reduce(into: [:]) { $0[$1] = store.manifest.dense[$1.name] }
        denseBytes = store.denseBytes
        stagingBytes = store.stagingBytes
    }

    /// Of a model as it would be packed with every weight as it is.
    init(_ source: any ModelSource, path: String) throws {
        let architecture = source.architecture
        name = source.name
        self.architecture = architecture
        layouts = try (0..<architecture.layerCount).map { layer in
            let shape = ExpertShape(
                hiddenSize: architecture.hiddenSize, intermediateSize: architecture.intermediateSize,
                gateFormat: try source.tensor(TensorRole(.expertGate, layer: layer, expert: 0)).format,
                upFormat: try source.tensor(TensorRole(.expertUp, layer: layer, expert: 0)).format,
                downFormat: try source.tensor(TensorRole(.expertDown, layer: layer, expert: 0)).format)
            guard let layout = ExpertLayout(shape) else {
                throw InferenceError(
                    "\(path): the experts of layer \(layer) have widths that do not divide into blocks: \(shape)")
            }
            return layout
        }
        let formats = try TensorRole.dense(of: architecture).map { role in
            (role, role.isAlwaysFloat ? .f32 : try source.tensor(role).format)
        }
        denseFormats = Dictionary(uniqueKeysWithValues: formats)
        denseBytes = formats.reduce(0) { sum, tensor in
            let shape = tensor.0.shape(in: architecture)
            return sum + (tensor.1.packedBytes(rows: shape.rows, columns: shape.columns) ?? 0)
        }
        stagingBytes = min(Packer.stagingBytes, max(denseBytes, 2 << 20))
    }
}
