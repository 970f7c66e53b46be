import Tensors

/// A tensor of a synthetic model: its place in the file and how its rows are made.
struct SyntheticTensor: Sendable {
    /// How the numbers of a row come about.
    enum Content: Sendable {
        case ones
        /// Normally distributed around 0 with this deviation.
        case random(deviation: Float)
        case embedding(SyntheticText)
        case output(SyntheticText)
        case gate(SkewedRouting, layer: Int)
    }

    let declaration: GGUFWriter.Tensor
    let content: Content
    let seed: UInt64
    /// Its place in the file, which makes its rows differ from those of all other tensors.
    let number: Int

    /// Deviation of a model's weights but for embeddings and what is added to the residual stream (GPT-2's habit).
    static let deviation: Float = 0.02

    /// The tensors of a model in the order of the file, which is llama.cpp's.
    static func all(of model: SyntheticModel) -> [SyntheticTensor] {
        let architecture = model.architecture
        let skew = model.routing == .skewed ? SkewedRouting(architecture: architecture, seed: model.seed) : nil
        let text = SyntheticText(architecture: architecture, skew: skew, seed: model.seed)
        let residual = deviation / (2 * Float(architecture.layerCount)).squareRoot()
        var tensors: [SyntheticTensor] = []
        func add(_ role: TensorRole, _ content: Content) {
            let place = TensorNames.gguf.places(of: role)[0]
            let dimensions = place.rows(of: role, in: architecture).dimensions
            let declaration = GGUFWriter.Tensor(
                name: place.name(for: role), dimensions: content.isOnes ? [dimensions[1]] : dimensions,
                format: role.isAlwaysFloat ? .f32 : model.format)
            tensors.append(
                SyntheticTensor(declaration: declaration, content: content, seed: model.seed, number: tensors.count))
        }
        add(.tokenEmbedding, .embedding(text))
        for layer in 0..<architecture.layerCount {
            add(TensorRole(.attentionNorm, layer: layer), .ones)
            add(TensorRole(.query, layer: layer), .random(deviation: deviation))
            add(TensorRole(.key, layer: layer), .random(deviation: deviation))
            add(TensorRole(.value, layer: layer), .random(deviation: deviation))
            add(TensorRole(.attentionOutput, layer: layer), .random(deviation: residual))
            add(TensorRole(.expertNorm, layer: layer), .ones)
            add(TensorRole(.gate, layer: layer), skew.map { .gate($0, layer: layer) } ?? .random(deviation: deviation))
            add(TensorRole(.expertGate, layer: layer, expert: 0), .random(deviation: deviation))
            add(TensorRole(.expertUp, layer: layer, expert: 0), .random(deviation: deviation))
            add(TensorRole(.expertDown, layer: layer, expert: 0), .random(deviation: residual))
        }
        add(.outputNorm, .ones)
        add(.output, .output(text))
        return tensors
    }
}

extension SyntheticTensor {
    private static let bytesAtATime = 8 << 20
    private static let rowsPerTile = 8

    private var columns: Int { declaration.dimensions.last ?? 1 }
    private var rows: Int { declaration.dimensions.dropLast().reduce(1, *) }

    /// Makes the rows and writes them.
    ///
    /// - Parameter progress: called with the bytes of the file that are written.
    func write(to writer: inout GGUFWriter, workers: Workers, progress: (Int) throws -> Void) throws {
        let batch = Batch(rows: rows, bytesPerRow: declaration.byteCount / rows, limit: Self.bytesAtATime)
        defer { batch.bytes.deallocate() }
        for first in stride(from: 0, to: rows, by: batch.rows) {
            let count = min(batch.rows, rows - first)
            workers.forEach((count + Self.rowsPerTile - 1) / Self.rowsPerTile) { tile in
                var values = [Float](repeating: 0, count: columns)
                for row in tile * Self.rowsPerTile..<min((tile + 1) * Self.rowsPerTile, count) {
                    fill(&values, row: first + row)
                    declaration.format.encode(values.span, into: batch[row])
                }
            }
            try writer.append(UnsafeRawBufferPointer(rebasing: batch.bytes[..<(count * batch.bytesPerRow)]))
            try progress(writer.written)
        }
    }

    private func fill(_ values: inout [Float], row: Int) {
        var numbers = RandomNumbers(seed: seed, stream: SyntheticModel.stream(.weights, number << 32 | row))
        var span = values.mutableSpan
        switch content {
        case .ones: span.update(repeating: 1)
        case .random(let deviation): numbers.fillNormal(&span, deviation: deviation)
        case .embedding(let text): text.makeEmbedding(&span, token: row)
        case .output(let text): text.makeOutput(&span, token: row, &numbers)
        case .gate(let skew, let layer):
            numbers.fillNormal(&span, deviation: Self.deviation)
            span[0] = skew.bias(layer: layer, expert: row)
        }
    }
}

/// Rows that are made at the same time and written together.
private struct Batch: @unchecked Sendable {  // Threads write disjoint rows, and the loop ends before they are read.
    let rows: Int
    let bytesPerRow: Int
    let bytes: UnsafeMutableRawBufferPointer

    init(rows: Int, bytesPerRow: Int, limit: Int) {
        self.rows = min(rows, max(1, limit / bytesPerRow))
        self.bytesPerRow = bytesPerRow
        bytes = .allocate(byteCount: self.rows * bytesPerRow, alignment: 64)
    }

    subscript(row: Int) -> UnsafeMutableRawBufferPointer {
        .init(rebasing: bytes[row * bytesPerRow..<(row + 1) * bytesPerRow])
    }
}

extension SyntheticTensor.Content {
    fileprivate var isOnes: Bool {
        if case .ones = self { true } else { false }
    }
}
