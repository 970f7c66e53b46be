import CKernels
import Foundation
import Tensors
import Testing

/// What numbers become in the formats that others make, too.
struct EncodingTests {
    /// Rows of 256 numbers, and what ggml makes of them (`Tests/Golden/make_encoding_golden.py`).
    private struct Golden: Decodable {
        let numbers: Data
        let formats: [Format]

        struct Format: Decodable {
            let format: String
            let blocks: Data
            /// Sums of squares, by row.
            let errors: [Double]
        }

        init() throws {
            let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            let text = try Data(contentsOf: folder.appending(path: "Golden/encoding.json"))
            self = try JSONDecoder().decode(Golden.self, from: text)
        }

        var rows: [[Float]] {
            let bits = numbers.withUnsafeBytes { $0.bindMemory(to: UInt32.self).map(UInt32.init(littleEndian:)) }
            return stride(from: 0, to: bits.count, by: 256).map { start in
                bits[start..<start + 256].map { Float(bitPattern: $0) }
            }
        }

        func format(_ format: WeightFormat) throws -> Format {
            try #require(formats.first { $0.format == format.rawValue.lowercased() })
        }
    }

    private static let formats256: [WeightFormat] = [.q4_K, .q5_K, .q6_K]
    private static let formats = formats256 + [.q5_0, .q5_1]

    private func encoded(_ format: WeightFormat, _ numbers: [Float]) -> Bytes {
        let file = Bytes(format.bytesPerRow(columns: numbers.count)!)
        format.encode(numbers.span, into: file.buffer)
        return file
    }

    private func decoded(_ format: WeightFormat, _ file: Bytes) -> [Float] {
        var numbers = [Float](repeating: 0, count: file.buffer.count / format.bytesPerBlock * format.blockSize)
        var span = numbers.mutableSpan
        format.decode(UnsafeRawBufferPointer(file.buffer), into: &span)
        return numbers
    }

    private func rounded(_ format: WeightFormat, _ numbers: [Float]) -> [Float] {
        decoded(format, encoded(format, numbers))
    }

    private func firstNonFinite(_ format: WeightFormat, _ file: Bytes) -> Int? {
        file.array.withUnsafeBytes { format.firstNonFinite(in: $0) }
    }

    private func error(_ format: WeightFormat, _ numbers: [Float]) -> Double {
        zip(numbers, rounded(format, numbers)).reduce(0) { $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1) }
    }

    @Test(arguments: [WeightFormat.q5_0, .q5_1])
    func `formats of 32 weights a block have the bytes of the reference`(format: WeightFormat) throws {
        let golden = try Golden()
        let blocks = try golden.format(format).blocks
        #expect(encoded(format, golden.rows.flatMap { $0 }).array == [UInt8](blocks))
    }

    @Test(arguments: formats256)
    func `formats of 256 weights a block err less than the reference`(format: WeightFormat) throws {
        let golden = try Golden()
        let theirs = try golden.format(format).errors
        let ours = golden.rows.map { error(format, $0) }
        // What counts for more errs less, so that a row may err by more when all numbers count alike.
        for (row, (ours, theirs)) in zip(ours, theirs).enumerated() {
            #expect(ours <= 1.2 * theirs, "row \(row)")
        }
        #expect(zip(ours, theirs).reduce(0) { $0 + $1.0 / $1.1 } < Double(theirs.count))
    }

    @Test(arguments: formats)
    func `zeros stay zeros`(format: WeightFormat) {
        #expect(rounded(format, .init(repeating: 0, count: 512)).allSatisfy { $0 == 0 })
    }

    @Test(arguments: formats, [-3, 0.75] as [Float])
    func `equal numbers stay nearly what they are`(format: WeightFormat, number: Float) {
        #expect(rounded(format, .init(repeating: number, count: 256)).allSatisfy { abs($0 / number - 1) < 0.02 })
    }

    @Test(arguments: formats)
    func `a number that stands out leaves those of other scales alone`(format: WeightFormat) {
        var numbers = normalNumbers(256, seed: 7)
        let before = rounded(format, numbers)
        numbers[40] = 30
        let after = rounded(format, numbers)
        #expect(abs(after[40] - 30) < 0.5)
        let far = zip(before, after).enumerated().filter { $0.offset / 32 != 1 }
        // Scales are multiples of one number that is greater now.
        #expect(far.allSatisfy { abs($0.element.0 - $0.element.1) < 0.5 })
    }

    @Test(arguments: formats)
    func `numbers of twice the size have scales of twice the size`(format: WeightFormat) {
        let numbers = normalNumbers(512, seed: 3)
        let expected = rounded(format, numbers)
        for exponent in [-2, 1, 9] {
            let factor = Float(sign: .plus, exponent: exponent, significand: 1)
            #expect(rounded(format, numbers.map { $0 * factor }) == expected.map { $0 * factor })
        }
    }

    @Test(arguments: formats256)
    func `scales below the least normal f16 err by less than the least number a quant can stand for`(
        format: WeightFormat
    ) {
        for deviation in [1e-5, 1e-6, 1e-7, 1e-9] as [Float] {
            let numbers = normalNumbers(256, seed: 5, deviation: deviation)
            let greatest = zip(numbers, rounded(format, numbers)).reduce(0) { max($0, abs($1.0 - $1.1)) }
            #expect(greatest < 0x1p-24 + 0.4 * deviation, "\(deviation)")
        }
    }

    @Test(arguments: formats, [1e5, 1e12, 1e30, .greatestFiniteMagnitude] as [Float])
    func `numbers beyond every scale leave one that is not finite, the others a good one`(
        format: WeightFormat, deviation: Float
    ) {
        var numbers = normalNumbers(512, seed: 5)
        for index in 256..<512 { numbers[index] = numbers[index] / 5 * deviation }
        let found = firstNonFinite(format, encoded(format, numbers))
        if let found {
            #expect(found >= 256)
        } else {
            let back = rounded(format, numbers)
            #expect(zip(numbers, back).allSatisfy { abs($0 - $1) <= 0.1 * deviation })
        }
        #expect((found != nil) == (deviation > 1e7))
    }

    @Test(arguments: formats256 + [.q5_1], [Float.nan, .infinity, -.infinity])
    func `a number that is not finite leaves a scale that is not`(format: WeightFormat, number: Float) {
        for place in [0, 31, 130, 255] {
            var numbers = normalNumbers(512, seed: 5)
            numbers[256 + place] = number
            let found = firstNonFinite(format, encoded(format, numbers))
            #expect(found == 256 + place / format.blockSize * format.blockSize)
        }
    }
}
