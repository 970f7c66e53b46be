import CKernels
import Tensors

/// Normal numbers from a seed.
func normalNumbers(_ count: Int, seed: UInt64, deviation: Float = 1) -> [Float] {
    var numbers = [Float](repeating: 0, count: count)
    var random = RandomNumbers(seed: seed)
    var span = numbers.mutableSpan
    random.fillNormal(&span, deviation: deviation)
    return numbers
}

func randomMatrix(rows: Int, columns: Int, seed: UInt64) -> Matrix {
    var matrix = Matrix(rows: rows, columns: columns)
    let numbers = normalNumbers(rows * columns, seed: seed)
    for row in 0..<rows { for column in 0..<columns { matrix[row, column] = numbers[row * columns + column] } }
    return matrix
}

func bits(_ matrix: borrowing Matrix) -> [UInt32] {
    var bits: [UInt32] = []
    for row in 0..<matrix.rows { for column in 0..<matrix.columns { bits.append(matrix[row, column].bitPattern) } }
    return bits
}

/// Bytes that a test owns.
final class Bytes: @unchecked Sendable {  // Written only before it is shared.
    let buffer: UnsafeMutableRawBufferPointer

    init(_ count: Int) {
        buffer = .allocate(byteCount: count, alignment: 64)
        buffer.initializeMemory(as: UInt8.self, repeating: 0xAA)
    }

    deinit { buffer.deallocate() }

    var array: [UInt8] { Array(buffer) }
}

let quantizedFormats = WeightFormat.allCases.filter(\.isQuantized)

/// Where the numbers of a block lie that all its weights hang on: f16, but for MXFP4's byte of exponent.
let scaleOffsets: [WeightFormat: [Int]] = [
    .q8_0: [0], .q4_0: [0], .q4_1: [0, 2], .q5_0: [0], .q5_1: [0, 2], .q2_K: [80, 82], .q3_K: [108], .q4_K: [0, 2],
    .q5_K: [0, 2], .q6_K: [208], .iq4_nl: [0], .iq4_xs: [0], .iq3_s: [0], .mxfp4: [0],
]

/// Weights in file order and packed.
struct SampleWeights {
    enum Content {
        /// Normal numbers or, in formats that none are turned into, blocks at random.
        case usual
        /// Quants and small scales of all ones and all zeros; the f16 numbers are powers of two.
        case extreme
        /// Any bytes.
        case random
    }

    let format: WeightFormat
    let rows: Int, columns: Int
    let file: Bytes
    let packed: Bytes

    init(_ format: WeightFormat, rows: Int, columns: Int, seed: UInt64 = 1, bytes content: Content = .usual) {
        self.format = format
        self.rows = rows
        self.columns = columns
        file = Bytes(rows * format.bytesPerRow(columns: columns)!)
        packed = Bytes(format.packedBytes(rows: rows, columns: columns)!)
        if content == .usual, format.canEncode {
            format.encode(normalNumbers(rows * columns, seed: seed).span, into: file.buffer)
        } else {
            fillBlocks(seed: seed, content)
        }
        format.pack(rows: rows, columns: columns, from: UnsafeRawBufferPointer(file.buffer), into: packed.buffer)
    }

    private func fillBlocks(seed: UInt64, _ content: Content) {
        var random = RandomNumbers(seed: seed)
        let size = format.bytesPerBlock
        for (number, block) in stride(from: 0, to: file.buffer.count, by: size).enumerated() {
            // Of extreme blocks every fourth is as great as can be, and every fourth as small.
            let style = content == .extreme ? number % 4 : -1
            for offset in 0..<size {
                let byte = UInt8(truncatingIfNeeded: random.next())
                file.buffer[block + offset] =
                    switch style {
                    case _ where style >= 0 && isSigned(offset): 0x80
                    case 0: 0xFF
                    case 1: 0
                    case 2, 3: byte & 1 == 0 ? 0xFF : 0
                    default: byte
                    }
            }
            if content != .random { setScale(of: block, &random) }
        }
    }

    /// Whether bytes are numbers from −128 on.
    private func isSigned(_ offset: Int) -> Bool {
        format == .q8_0 || format == .q6_K && offset >= 192
    }

    private func setScale(of block: Int, _ random: inout RandomNumbers) {
        switch format {
        case .f32: file.buffer.storeBytes(of: Float(random.next() % 5) * 1e30, toByteOffset: block, as: Float.self)
        case .f16: file.buffer.storeBytes(of: UInt16(random.next() % 0x7c00), toByteOffset: block, as: UInt16.self)
        case .bf16: file.buffer.storeBytes(of: UInt16(random.next() % 0x5f00), toByteOffset: block, as: UInt16.self)
        case .mxfp4: file.buffer[block] = 120 + UInt8(random.next() % 8)
        default:
            for offset in scaleOffsets[format]! {
                let exponent = UInt16(8 + random.next() % 8)
                file.buffer.storeBytes(of: exponent << 10, toByteOffset: block + offset, as: UInt16.self)
            }
        }
    }

    var matrix: WeightMatrix {
        WeightMatrix(format: format, rows: rows, columns: columns, bytes: packed.buffer.baseAddress!, owner: packed)
    }

    /// The numbers of a row of the file.
    func row(_ row: Int) -> [Float] {
        let bytes = format.bytesPerRow(columns: columns)!
        var numbers = [Float](repeating: 0, count: columns)
        var span = numbers.mutableSpan
        format.decode(UnsafeRawBufferPointer(rebasing: file.buffer[row * bytes..<(row + 1) * bytes]), into: &span)
        return numbers
    }
}

func kernels(_ level: CPU.Level) -> ck_kernels {
    ck_kernels_of(ck_level(rawValue: level.rawValue)).pointee
}
