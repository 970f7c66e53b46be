import ModelFiles
import Tensors

/// How a dense tensor is cut into records, each a run of whole row groups that one read brings in.
///
/// Small records keep packing in small memory (LMDB holds a value whole until its commit) and stay below LMDB's limit
/// of 4 GiB for a value.
struct DenseLayout: Sendable, Equatable {
    /// About as much as one read fetches, so that loading needs little memory beside the tensors themselves.
    private static let partBytes = (1 << 20) - 4096

    struct Part: Sendable, Equatable {
        let rows: Range<Int>
        /// Where its rows go, in bytes from the start of the matrix.
        let offset: Int
        let length: Int
    }

    let format: WeightFormat
    let rows: Int
    let columns: Int
    let parts: [Part]

    /// - Returns: nil when the columns do not divide into blocks of the format, or a size overflows.
    init?(_ format: WeightFormat, rows: Int, columns: Int) {
        guard let group = format.bytesPerGroup(columns: columns), let row = format.bytesPerRow(columns: columns),
            format.packedBytes(rows: rows, columns: columns) != nil
        else { return nil }
        self.format = format
        self.rows = rows
        self.columns = columns
        guard rows > 1 || format != .f32 else {
            parts = [Part(rows: 0..<1, offset: 0, length: row)]
            return
        }
        let step = max(1, Self.partBytes / group) * WeightFormat.rowsPerGroup
        parts = stride(from: 0, to: rows, by: step).map { first in
            let rows = first..<min(first + step, rows)
            return Part(
                rows: rows, offset: first / WeightFormat.rowsPerGroup * group,
                length: WeightFormat.groups(rows: rows.count) * group)
        }
    }

    /// Whether it is a single row of plain numbers, whose group is not padded on disk.
    var isVector: Bool { rows == 1 && format == .f32 }

    /// Bytes of all parts.
    var length: Int { parts.last.map { $0.offset + $0.length } ?? 0 }

    func recordLayout(_ part: Part) -> RecordLayout { RecordLayout(tileCount: 1, payloadLength: part.length) }

    func header(_ part: Int, of role: TensorRole) -> RecordHeader {
        RecordHeader(
            .dense, key: Self.key(role, part: part), formats: [format], rows: rows, columns: columns,
            firstRow: parts[part].rows.lowerBound, layout: recordLayout(parts[part]))
    }

    static func key(_ role: TensorRole, part: Int) -> [UInt8] {
        var key = Array(role.name.utf8)
        key.append(0)
        key.append(bigEndian: UInt32(part))
        return key
    }
}
