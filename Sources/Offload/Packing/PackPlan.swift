import Mixture
import ModelFiles
import Tensors

/// What a store will hold, worked out before anything is written.
struct PackPlan {
    let manifest: StoreManifest
    let layouts: [ExpertLayout]
    /// Dense tensors in the order they are packed.
    let dense: [(role: TensorRole, layout: DenseLayout)]
    /// Bytes of all records, each in whole pages.
    let bytes: Int

    /// The manifest once the last record is there.
    var completeManifest: StoreManifest {
        var manifest = manifest
        manifest.isComplete = true
        return manifest
    }

    var expertCount: Int { layouts.count * manifest.architecture.expertCount }
    /// Bytes of the file: the records, and generously what LMDB's tree and the texts take.
    let fileBytes: Int

    init(_ source: any ModelSource, _ options: PackOptions) throws {
        let architecture = source.architecture
        let shapes = try (0..<architecture.layerCount).map { try Self.shape(layer: $0, source, options) }
        layouts = try zip(shapes, 0...).map { try Self.layout($0, layer: $1, source, options) }
        dense = try TensorRole.dense(of: architecture).map { ($0, try Self.layout($0, source, options)) }
        manifest = StoreManifest(
            formatVersion: Self.version(architecture, source.tokenizer.kind), name: source.name,
            architecture: architecture, experts: shapes, tileBytes: options.tileBytes,
            dense: Dictionary(uniqueKeysWithValues: dense.map { ($0.role.name, $0.layout.format) }),
            sourceDigest: source.digest, tokenizer: source.tokenizer.kind, createdBy: options.createdBy,
            isComplete: false)
        let parts = dense.flatMap { dense in dense.layout.parts.map { dense.layout.recordLayout($0).windowLength } }
        let experts = layouts.map { $0.recordLayout.windowLength * architecture.expertCount }
        bytes = parts.reduce(0, +) + experts.reduce(0, +)
        let records = parts.count + layouts.count * architecture.expertCount
        let merges = source.tokenizer.merging?.merges.count ?? 0
        let texts = source.tokenizer.pieces.reduce(merges * 4) { $0 + $1.utf8.count + 9 }
        fileBytes = bytes + texts + records * 256 + (4 << 20)
    }

    /// Checks a tensor's shape and says how to pack it.
    static func packer(
        _ role: TensorRole, _ source: any ModelSource, as format: WeightFormat? = nil, _ options: PackOptions
    ) throws -> RowPacker {
        let tensor = try source.tensor(role)
        let shape = role.shape(in: source.architecture)
        guard tensor.rows == shape.rows, tensor.columns == shape.columns else {
            throw PackError.unlike(
                tensor: tensor.name, found: "\(tensor.rows) × \(tensor.columns)",
                expected: "\(shape.rows) × \(shape.columns)")
        }
        let packer = RowPacker(
            role: role, tensor: tensor, format: try target(role, tensor, source.architecture, options))
        guard format == nil || format == packer.format else {
            throw PackError.unlike(
                tensor: tensor.name, found: packer.format.rawValue,
                expected: "\(format!.rawValue) like the first expert of its layer")
        }
        return packer
    }

    private static func target(
        _ role: TensorRole, _ tensor: any SourceTensor, _ architecture: Architecture, _ options: PackOptions
    ) throws -> WeightFormat {
        guard !role.isAlwaysFloat else { return .f32 }
        guard let asked = options.quantization(of: role)?.format(of: role, in: architecture) else {
            return tensor.format
        }
        guard asked != tensor.format else { return tensor.format }
        guard !tensor.format.isQuantized else {
            throw PackError.requantized(tensor: tensor.name, from: tensor.format, to: asked)
        }
        guard asked.canEncode else { throw PackError.notEncodable(asked) }
        guard asked.bytesPerRow(columns: tensor.columns) != nil else { throw PackError.indivisible(tensor, asked) }
        return asked
    }

    private static func shape(layer: Int, _ source: any ModelSource, _ options: PackOptions) throws -> ExpertShape {
        ExpertShape(
            hiddenSize: source.architecture.hiddenSize, intermediateSize: source.architecture.intermediateSize,
            gateFormat: try packer(TensorRole(.expertGate, layer: layer, expert: 0), source, options).format,
            upFormat: try packer(TensorRole(.expertUp, layer: layer, expert: 0), source, options).format,
            downFormat: try packer(TensorRole(.expertDown, layer: layer, expert: 0), source, options).format)
    }

    private static func layout(
        _ shape: ExpertShape, layer: Int, _ source: any ModelSource, _ options: PackOptions
    ) throws -> ExpertLayout {
        if let layout = ExpertLayout(shape, tileBytes: options.tileBytes) { return layout }
        throw PackError.indivisible(
            try source.tensor(TensorRole(.expertDown, layer: layer, expert: 0)), shape.downFormat)
    }

    private static func layout(_ role: TensorRole, _ source: any ModelSource, _ options: PackOptions) throws
        -> DenseLayout
    {
        let packer = try packer(role, source, options)
        if let layout = DenseLayout(packer.format, rows: packer.tensor.rows, columns: packer.tensor.columns) {
            return layout
        }
        throw PackError.indivisible(packer.tensor, packer.format)
    }

    /// 1 knew Mixtral and SentencePiece alone, 2 other routers, but no norms of whole queries and keys.
    private static func version(_ architecture: Architecture, _ tokenizer: TokenizerDescription.Kind) -> Int {
        guard tokenizer == .sentencePieceBPE, architecture.qkNorm != .whole else { return 3 }
        var usual = architecture.routing
        usual.name = Routing.mixtral.name
        let isMixtral = usual == .mixtral && architecture.qkNorm == .none && architecture.sharedIntermediateSize == nil
        return isMixtral ? 1 : 2
    }
}
