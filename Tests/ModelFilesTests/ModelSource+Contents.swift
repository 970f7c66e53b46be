import ModelFiles
import Tensors

extension ModelSource {
    /// All bytes of a role's rows, read in two pieces.
    func contents(of role: TensorRole) throws -> [UInt8] {
        let tensor = try tensor(role)
        let bytesPerRow = tensor.format.bytesPerRow(columns: tensor.columns)!
        var bytes = [UInt8](repeating: 0, count: tensor.rows * bytesPerRow)
        let middle = tensor.rows / 3
        try bytes.withUnsafeMutableBytes { buffer in
            try tensor.read(rows: middle..<tensor.rows, into: .init(rebasing: buffer[(middle * bytesPerRow)...]))
            try tensor.read(rows: 0..<middle, into: buffer)
        }
        return bytes
    }
}

extension ModelSource {
    /// All numbers of a role that is stored in f32.
    func numbers(of role: TensorRole) throws -> [Float] {
        let bytes = try contents(of: role)
        var numbers = [Float](repeating: 0, count: bytes.count / 4)
        numbers.withUnsafeMutableBytes { $0.copyBytes(from: bytes) }
        return numbers
    }
}
