import Mixture
import ModelFiles
import Profiling
import Tensors
import Transformer

/// A model read wholly into memory, without a store.
struct ResidentModel {
    let model: LanguageModel

    init(path: String, tokens: Int, threads: Int = 1) throws {
        let source = try ModelFile.open(path: path)
        let architecture = source.architecture
        let weights = try DenseWeights(architecture) { role in
            try PackedBytes(source.tensor(role), asFloats: role.isAlwaysFloat).matrix
        }
        let layouts = try (0..<architecture.layerCount).map { try ExpertLayout(of: source, layer: $0) }
        let payloads = try layouts.enumerated().map { layer, layout in
            try (0..<architecture.expertCount).map { try ExpertPayload(of: source, layer: layer, expert: $0, layout) }
        }
        model = LanguageModel(
            architecture, weights: weights, experts: ResidentExperts(layouts: layouts, payloads: payloads),
            workers: Workers(count: threads), limits: PassLimits(tokens: tokens, positions: tokens),
            planner: Planner(.automatic, threads: threads))
    }

    /// The log-probability of each token but the first, the text being cut into passes of `chunk` tokens.
    func logprobs(_ tokens: [Int], chunk: Int? = nil, recorder: (any RoutingRecorder)? = nil) throws -> [Double] {
        var logprobs: [Double] = []
        for start in stride(from: 0, to: tokens.count, by: chunk ?? tokens.count) {
            let end = min(start + (chunk ?? tokens.count), tokens.count)
            try model.pass(tokens[start..<end], at: start, recorder: recorder)
            try model.logits(of: 0..<end - start) { first, logits in
                for row in 0..<logits.rows where start + first + row + 1 < tokens.count {
                    let next = tokens[start + first + row + 1]
                    logprobs.append(logits.withRow(row) { $0.logSoftmax(at: next) })
                }
            }
        }
        return logprobs
    }
}

/// Notes every route.
final class Routes: RoutingRecorder {
    var entries: [RoutingTraceEntry] = []
    func record(_ entry: RoutingTraceEntry) { entries.append(entry) }
}

/// A tensor in kernel layout.
private final class PackedBytes {
    private let bytes: UnsafeMutableRawBufferPointer
    private let format: WeightFormat
    private let rows: Int
    private let columns: Int

    init(_ tensor: any SourceTensor, asFloats: Bool) throws {
        (format, rows, columns) = (asFloats ? .f32 : tensor.format, tensor.rows, tensor.columns)
        bytes = .allocate(byteCount: format.packedBytes(rows: rows, columns: columns)!, alignment: 64)
        try tensor.pack(rows: 0..<rows, as: format, into: bytes)
    }

    deinit { bytes.deallocate() }

    var matrix: WeightMatrix {
        WeightMatrix(format: format, rows: rows, columns: columns, bytes: bytes.baseAddress!, owner: self)
    }
}

/// An expert's payload.
private final class PayloadBytes {
    let bytes: UnsafeMutableRawBufferPointer
    init(_ length: Int) { bytes = .allocate(byteCount: length, alignment: 64) }
    deinit { bytes.deallocate() }
}

extension SourceTensor {
    fileprivate func pack(
        rows range: Range<Int>, as target: WeightFormat? = nil, into packed: UnsafeMutableRawBufferPointer
    ) throws {
        let file = UnsafeMutableRawBufferPointer.allocate(
            byteCount: range.count * format.bytesPerRow(columns: columns)!, alignment: 64)
        defer { file.deallocate() }
        try read(rows: range, into: file)
        guard target == .f32 else {
            return format.pack(rows: range.count, columns: columns, from: UnsafeRawBufferPointer(file), into: packed)
        }
        var floats = [Float](repeating: 0, count: range.count * columns)
        var span = floats.mutableSpan
        format.decode(UnsafeRawBufferPointer(file), into: &span)
        floats.withUnsafeBytes { WeightFormat.f32.pack(rows: range.count, columns: columns, from: $0, into: packed) }
    }
}

extension ExpertLayout {
    fileprivate init(of source: any ModelSource, layer: Int) throws {
        let shape = ExpertShape(
            hiddenSize: source.architecture.hiddenSize, intermediateSize: source.architecture.intermediateSize,
            gateFormat: try source.tensor(TensorRole(.expertGate, layer: layer, expert: 0)).format,
            upFormat: try source.tensor(TensorRole(.expertUp, layer: layer, expert: 0)).format,
            downFormat: try source.tensor(TensorRole(.expertDown, layer: layer, expert: 0)).format)
        self.init(shape, tileBytes: 4096)!
    }
}

extension ExpertPayload {
    fileprivate init(of source: any ModelSource, layer: Int, expert: Int, _ layout: ExpertLayout) throws {
        let payload = PayloadBytes(layout.length)
        let gate = try source.tensor(TensorRole(.expertGate, layer: layer, expert: expert))
        let up = try source.tensor(TensorRole(.expertUp, layer: layer, expert: expert))
        let down = try source.tensor(TensorRole(.expertDown, layer: layer, expert: expert))
        for tile in layout.tiles {
            let bytes = UnsafeMutableRawBufferPointer(rebasing: payload.bytes[tile.offset..<tile.offset + tile.length])
            switch tile.part {
            case .gateAndUp:
                try gate.pack(rows: tile.rows, into: bytes)
                try up.pack(rows: tile.rows, into: UnsafeMutableRawBufferPointer(rebasing: bytes[tile.upOffset...]))
            case .down: try down.pack(rows: tile.rows, into: bytes)
            }
        }
        self.init(bytes: payload.bytes.baseAddress!, owner: payload)
    }
}
