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

/// Weights in file order and packed: random, or of the most extreme values the format has.
struct SampleWeights {
    let format: WeightFormat
    let rows: Int, columns: Int
    let file: Bytes
    let packed: Bytes

    init(_ format: WeightFormat, rows: Int, columns: Int, seed: UInt64 = 1, isExtreme: Bool = false) {
        self.format = format
        self.rows = rows
        self.columns = columns
        file = Bytes(rows * format.bytesPerRow(columns: columns)!)
        packed = Bytes(format.packedBytes(rows: rows, columns: columns)!)
        if isExtreme || !format.canEncode {
            fillBlocks(seed: seed, isExtreme: isExtreme)
        } else {
            format.encode(normalNumbers(rows * columns, seed: seed).span, into: file.buffer)
        }
        format.pack(rows: rows, columns: columns, from: UnsafeRawBufferPointer(file.buffer), into: packed.buffer)
    }

    /// Quants and scales at random or, if extreme, of all ones and all zeros; the f16 factor of a block is a power of two.
    private func fillBlocks(seed: UInt64, isExtreme: Bool) {
        var random = RandomNumbers(seed: seed)
        let size = format.bytesPerBlock
        let factorAt: [WeightFormat: Int] = [.q8_0: 0, .q4_0: 0, .q6_K: 208]
        for block in stride(from: 0, to: file.buffer.count, by: size) {
            for index in block..<block + size {
                let extreme: UInt8 = format == .q8_0 || index % 210 >= 192 ? 0x80 : (random.next() & 1 == 0 ? 0xFF : 0)
                file.buffer[index] = isExtreme ? extreme : UInt8(truncatingIfNeeded: random.next())
            }
            switch format {
            case .f32: file.buffer.storeBytes(of: Float(random.next() % 5) * 1e30, toByteOffset: block, as: Float.self)
            case .f16: file.buffer.storeBytes(of: UInt16(random.next() % 0x7c00), toByteOffset: block, as: UInt16.self)
            case .bf16: file.buffer.storeBytes(of: UInt16(random.next() % 0x5f00), toByteOffset: block, as: UInt16.self)
            default:
                let exponent = UInt16(8 + random.next() % 8)
                file.buffer.storeBytes(of: exponent << 10, toByteOffset: block + factorAt[format]!, as: UInt16.self)
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

/// Every level of kernels that this processor has, the slowest first.
let levels = CPU.Level.allCases.filter { $0 <= CPU.bestLevel }

func kernels(_ level: CPU.Level) -> ck_kernels {
    ck_kernels_of(ck_level(rawValue: level.rawValue)).pointee
}
