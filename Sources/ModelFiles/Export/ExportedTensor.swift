import Tensors

/// A tensor of a file to be written, made of the tensors of a model's roles.
struct ExportedTensor: Sendable {
    let name: String
    /// Sizes, the outermost first.
    let dimensions: [Int]
    let format: WeightFormat
    /// What its rows are, one role after the other; none: zeros.
    let roles: [TensorRole]
    /// What its numbers are multiplied by.
    let factor: Float

    var columns: Int { dimensions.last ?? 1 }
    var rows: Int { dimensions.dropLast().reduce(1, *) }
    /// - Precondition: the columns divide into blocks of the format.
    var byteCount: Int { rows * format.checkedRowBytes(columns) }
}

extension WeightFormat {
    fileprivate func checkedRowBytes(_ columns: Int) -> Int {
        guard let bytes = bytesPerRow(columns: columns) else {
            preconditionFailure("\(columns) columns in \(rawValue)")
        }
        return bytes
    }
}

/// Rows of a model on their way into a file of another kind.
struct ExportedRows {
    /// Bytes that are written at a time, about.
    private static let batchBytes = 4 << 20

    let source: any ModelSource
    /// How the file that is written pairs the components of a head.
    let pairing: Architecture.RotaryPairing

    /// Hands out the bytes of a tensor, a few megabytes at a time.
    func write(_ tensor: ExportedTensor, to body: (UnsafeRawBufferPointer) throws -> Void) throws {
        let rowBytes = tensor.format.checkedRowBytes(tensor.columns)
        let batch = max(1, Self.batchBytes / rowBytes)
        var bytes = [UInt8](repeating: 0, count: min(batch, tensor.rows) * rowBytes)
        let rowsPerRole = tensor.rows / max(1, tensor.roles.count)
        for role in tensor.roles.isEmpty ? [nil] : tensor.roles.map(Optional.some) {
            for first in stride(from: 0, to: rowsPerRole, by: batch) {
                let count = min(batch, rowsPerRole - first)
                if let role { try fill(&bytes, rows: first..<first + count, of: role, tensor) }
                try bytes.withUnsafeBytes { try body(.init(rebasing: $0[..<(count * rowBytes)])) }
            }
        }
    }

    private func fill(_ bytes: inout [UInt8], rows: Range<Int>, of role: TensorRole, _ tensor: ExportedTensor) throws {
        let stored = try source.tensor(role)
        let order = HeadOrder(of: role, from: source.architecture, to: pairing)
        if stored.format == tensor.format, tensor.factor == 1, order == nil {
            return try bytes.withUnsafeMutableBytes { try stored.read(rows: rows, into: $0) }
        }
        let rowBytes = tensor.format.checkedRowBytes(tensor.columns)
        for (index, row) in rows.enumerated() {
            var numbers = try stored.numbers(row: stored.rows == 1 ? row : order?.source(of: row) ?? row)
            if stored.rows == 1, let order { numbers = numbers.indices.map { numbers[order.source(of: $0)] } }
            if tensor.factor != 1 { for column in numbers.indices { numbers[column] *= tensor.factor } }
            bytes.withUnsafeMutableBytes { bytes in
                let place = UnsafeMutableRawBufferPointer(rebasing: bytes[index * rowBytes..<(index + 1) * rowBytes])
                tensor.format.encode(numbers.span, into: place)
            }
        }
    }
}

/// Where a head's components go when a file pairs them for rotation in another way.
private struct HeadOrder {
    private let headSize: Int
    /// Components that are rotated, the first of a head.
    private let rotated: Int
    private let toAdjacent: Bool

    /// - Returns: nil where they stay where they are.
    init?(of role: TensorRole, from architecture: Architecture, to pairing: Architecture.RotaryPairing) {
        guard architecture.rotaryPairing != pairing else { return nil }
        guard [.query, .key, .queryNorm, .keyNorm].contains(role.kind) else { return nil }
        headSize = architecture.headSize
        rotated = architecture.rotaryDimensions
        toAdjacent = pairing == .adjacent
    }

    /// The component (or row) that comes to this place: with halves, components i and i + rotated / 2 make a pair, and
    /// otherwise 2i and 2i + 1.
    func source(of place: Int) -> Int {
        let (head, component) = place.quotientAndRemainder(dividingBy: headSize)
        guard component < rotated else { return place }
        let half = rotated / 2
        let from =
            toAdjacent ? component / 2 + component % 2 * half : component % half * 2 + component / half
        return head * headSize + from
    }
}

extension SourceTensor {
    /// The numbers of a row.
    fileprivate func numbers(row: Int) throws -> [Float] {
        guard let rowBytes = format.bytesPerRow(columns: columns) else {
            preconditionFailure("\(columns) columns in \(format.rawValue)")
        }
        var bytes = [UInt8](repeating: 0, count: rowBytes)
        try bytes.withUnsafeMutableBytes { try read(rows: row..<row + 1, into: $0) }
        var numbers = [Float](repeating: 0, count: columns)
        var span = numbers.mutableSpan
        bytes.withUnsafeBytes { format.decode($0, into: &span) }
        return numbers
    }
}
