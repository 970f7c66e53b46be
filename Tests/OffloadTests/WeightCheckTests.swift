import Foundation
import Mixture
import ModelFiles
import Offload
import Tensors
import Testing

/// Weights that no text survives are named when a model is packed.
@Suite struct WeightCheckTests {
    private static let cases: [(WeightFormat, [UInt8], Int, String)] = [
        (.f32, [0, 0, 0xc0, 0x7f], 4 * 40, "40 … nan"), (.f32, [0, 0, 0x80, 0xff], 4 * 63, "63 … -inf"),
        (.f16, [0, 0x7c], 0, "0 … inf"), (.f16, [1, 0xfc], 2 * 9, "9 … nan"),
        (.bf16, [0x80, 0x7f], 2 * 33, "33 … inf"),
        (.q8_0, [1, 0x7c], 34, "32 … nan"), (.q4_0, [0, 0x7e], 18, "32 … nan"),
    ]

    @Test(arguments: cases)
    func `a weight that is no finite number is named with its tensor`(
        format: WeightFormat, bytes: [UInt8], offset: Int, found: String
    ) throws {
        for (role, name) in [
            (TensorRole(.query, layer: 1), "layer.1.query: "),
            (TensorRole(.expertUp, layer: 2, expert: 4), "layer.2.expert.4.expert_up: "),
        ] {
            let source = SpoiledModel(
                whole: RandomModel(experts: format, dense: format), role: role, row: 3, offset: offset, bytes: bytes)
            let error = try failure(of: source)
            let place = role.isExpert ? "of row 3 of expert 4 is" : "of row 3 is"
            #expect(error.hasPrefix("\(name)weight \(found.replacing("…", with: place)), and "), "\(error)")
        }
    }

    @Test(arguments: [
        (WeightFormat.q6_K, 208, [0, 0x7c]), (.q4_K, 2, [0, 0xfc]), (.q3_K, 108, [1, 0x7c]), (.q5_1, 2, [0, 0x7c]),
        (.mxfp4, 0, [0xff]),
    ])
    func `so is one of a format whose blocks have other scales`(format: WeightFormat, offset: Int, bytes: [UInt8])
        throws
    {
        var wide = RandomModel(experts: format, dense: .f32)
        (wide.architecture.hiddenSize, wide.architecture.intermediateSize) = (256, 256)
        let expert = SpoiledModel(
            whole: wide, role: TensorRole(.expertDown, layer: 0, expert: 1), row: 17, offset: offset, bytes: bytes)
        #expect(try failure(of: expert).contains("of row 17 of expert 1 is"))
    }

    @Test func `so is one of a norm`() throws {
        let norm = SpoiledModel(
            whole: RandomModel(), role: .outputNorm, row: 0, offset: 8, bytes: [0, 0, 0xc0, 0x7f])
        #expect(try failure(of: norm).contains("output_norm: weight 2 is nan"))
    }

    @Test(arguments: [
        (WeightFormat.f16, Float(1e6)), (.f16, -65520), (.bf16, .greatestFiniteMagnitude), (.q8_0, -1e7), (.q4_0, 6e5),
    ])
    func `a weight that is too great for the format it is turned into is named`(format: WeightFormat, value: Float)
        throws
    {
        let bytes = withUnsafeBytes(of: value) { [UInt8]($0) }
        for role in [TensorRole.output, TensorRole(.expertGate, layer: 0, expert: 2)] {
            let source = SpoiledModel(whole: RandomModel(), role: role, row: 20, offset: 4 * 50, bytes: bytes)
            let error = try failure(of: source, PackOptions(quantization: .one(format)))
            #expect(error.contains("weight 50 of row 20"), "\(error)")
            #expect(error.contains("is \(value), which is too great for \(format.rawValue)"), "\(error)")
            // As it is, it can be packed.
            let folder = try TemporaryFolder()
            try Packer(source).pack(to: folder("store"))
        }
    }

    @Test func `the greatest numbers that a format has are packed`() throws {
        for (format, value) in [(WeightFormat.f16, Float(65504)), (.q8_0, 65504 * 127), (.q4_0, -65504 * 8)] {
            let bytes = withUnsafeBytes(of: value) { [UInt8]($0) }
            let source = SpoiledModel(whole: RandomModel(), role: .output, row: 1, offset: 4, bytes: bytes)
            let folder = try TemporaryFolder()
            try Packer(source, options: PackOptions(quantization: .one(format))).pack(to: folder("store"))
        }
    }

    private func failure(of source: SpoiledModel, _ options: PackOptions = PackOptions()) throws -> String {
        let folder = try TemporaryFolder()
        let error = #expect(throws: PackError.self) {
            try Packer(source, options: options).pack(to: folder("store"), workers: Workers(count: 2))
        }
        return "\(try #require(error))"
    }
}

/// A model with some bytes of one row replaced.
private struct SpoiledModel: ModelSource {
    let whole: RandomModel
    let role: TensorRole
    let row: Int
    let offset: Int
    let bytes: [UInt8]

    var architecture: Architecture { whole.architecture }
    var tokenizer: TokenizerDescription { whole.tokenizer }
    var name: String { whole.name }
    var digest: String { whole.digest }

    func tensor(_ role: TensorRole) throws -> any SourceTensor {
        let tensor = try whole.tensor(role)
        return role == self.role ? SpoiledTensor(whole: tensor, row: row, offset: offset, bytes: bytes) : tensor
    }
}

private struct SpoiledTensor: SourceTensor {
    let whole: any SourceTensor
    let row: Int
    let offset: Int
    let bytes: [UInt8]

    var name: String { whole.name }
    var format: WeightFormat { whole.format }
    var rows: Int { whole.rows }
    var columns: Int { whole.columns }

    func read(rows: Range<Int>, into buffer: UnsafeMutableRawBufferPointer) throws {
        try whole.read(rows: rows, into: buffer)
        guard rows.contains(row) else { return }
        let start = (row - rows.lowerBound) * format.bytesPerRow(columns: columns)! + offset
        for (index, byte) in bytes.enumerated() { buffer[start + index] = byte }
    }
}
