import CKernels
import Foundation
import Tensors
import Testing

/// The bytes of formats, and what they stand for.
struct FormatTests {
    /// Blocks of a format and their numbers by the gguf package (`Tests/Golden/make_formats_golden.py`).
    private struct Golden: Decodable {
        let format: String
        let blocks: Data
        let numbers: Data

        static func all() throws -> [Golden] {
            let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            let text = try Data(contentsOf: folder.appending(path: "Golden/formats.json"))
            return try JSONDecoder().decode([Golden].self, from: text)
        }
    }

    @Test func `every quantized format is decoded to the bits of the reference, at every level`() throws {
        let golden = try Golden.all()
        #expect(Set(golden.map(\.format)) == Set(quantizedFormats.map { $0.rawValue.lowercased() }))
        for golden in golden {
            let format = try #require(WeightFormat.allCases.first { $0.rawValue.lowercased() == golden.format })
            let expected = golden.numbers.withUnsafeBytes {
                $0.bindMemory(to: UInt32.self).map(UInt32.init(littleEndian:))
            }
            for level in CPU.levels {
                var numbers = [Float](repeating: 0, count: expected.count)
                golden.blocks.withUnsafeBytes {
                    kernels(level).formats[Int(format.number)].decode($0.baseAddress!, expected.count, &numbers)
                }
                #expect(numbers.map(\.bitPattern) == expected, "\(format)")
            }
        }
    }

    @Test(arguments: WeightFormat.allCases)
    func `what is packed and unpacked has the bytes of the file`(format: WeightFormat) {
        let sample = SampleWeights(format, rows: 21, columns: 768, bytes: .random)
        let bytes = format.bytesPerRow(columns: 768)!
        #expect(sample.packed.buffer.count == 32 * bytes)
        for row in 0..<21 {
            let file = Bytes(bytes)
            ck_unpack(
                ck_format(rawValue: Int32(format.number)), sample.packed.buffer.baseAddress!, row, 768,
                file.buffer.baseAddress!)
            #expect(file.buffer.elementsEqual(sample.file.buffer[row * bytes..<(row + 1) * bytes]))
        }
    }

    @Test(arguments: WeightFormat.allCases)
    func `the first weight that is no finite number is found, wherever it is`(format: WeightFormat) {
        let blocks = 300
        for offset in scaleOffsets[format] ?? [0] {
            // A finite number whose bits are as many as there can be, and what is just beyond.
            let (greatest, beyond): ([UInt8], [UInt8]) =
                switch format {
                case .f32: ([0xff, 0xff, 0x7f, 0xff], [0, 0, 0x80, 0xff])
                case .bf16: ([0x7f, 0xff], [0x80, 0xff])
                case .mxfp4: ([0xfe], [0xff])
                default: ([0xff, 0xfb], [0, 0xfc])
                }
            let file = Bytes(blocks * format.bytesPerBlock)
            for block in 0..<blocks {
                for (index, byte) in greatest.enumerated() {
                    file.buffer[block * format.bytesPerBlock + offset + index] = byte
                }
            }
            #expect(format.firstNonFinite(in: UnsafeRawBufferPointer(file.buffer)) == nil)
            for block in (0..<blocks).reversed() {
                for (index, byte) in beyond.enumerated() {
                    file.buffer[block * format.bytesPerBlock + offset + index] = byte
                }
                #expect(format.firstNonFinite(in: UnsafeRawBufferPointer(file.buffer)) == block * format.blockSize)
            }
        }
    }
}
