import Tensors
import Testing

struct NumbersTests {
    private func encoded(_ format: WeightFormat, _ numbers: [Float]) -> [UInt8] {
        let file = Bytes(format.bytesPerRow(columns: numbers.count)!)
        format.encode(numbers.span, into: file.buffer)
        return file.array
    }

    private func decoded(_ format: WeightFormat, _ bytes: [UInt8]) -> [Float] {
        var numbers = [Float](repeating: 0, count: bytes.count / format.bytesPerBlock * format.blockSize)
        var span = numbers.mutableSpan
        bytes.withUnsafeBytes { format.decode($0, into: &span) }
        return numbers
    }

    @Test func `q8_0 scales by the greatest magnitude and rounds halves away from zero`() {
        var numbers = [Float](repeating: 0, count: 32)
        numbers.replaceSubrange(0..<5, with: [-127, 1.5, -1.5, 2.4, 126.6])
        let bytes = encoded(.q8_0, numbers)
        #expect(Array(bytes[0..<2]) == [0x00, 0x3C])  // 1.0
        #expect(bytes[2..<8].map { Int8(bitPattern: $0) } == [-127, 2, -2, 2, 127, 0])
        #expect(Array(decoded(.q8_0, bytes)[0..<6]) == [-127, 2, -2, 2, 127, 0])
    }

    @Test func `q4_0 gives the value of greatest magnitude the quant 0, whatever its sign`() {
        var numbers = [Float](repeating: 0, count: 32)
        numbers[0] = 8
        numbers[1] = -7
        numbers[16] = -8  // As great as the first, but later.
        numbers[17] = 3.4
        let bytes = encoded(.q4_0, numbers)
        #expect(Array(bytes[0..<2]) == [0x00, 0xBC])  // −1.0
        #expect(bytes[2] == 0xF0)  // 8 → 0; −8 → 16, held at 15
        #expect(bytes[3] == 0x5F)  // −7 → 15; 3.4 → −3.4 + 8.5 = 5.1
        #expect(bytes[4] == 0x88)
        #expect(Array(decoded(.q4_0, bytes)[0..<2]) == [8, -7])
        #expect(Array(decoded(.q4_0, bytes)[16..<18]) == [-7, 3])
    }

    @Test(arguments: [WeightFormat.q8_0, .q4_0])
    func `a block of zeros stays zero`(format: WeightFormat) {
        #expect(decoded(format, encoded(format, .init(repeating: 0, count: 64))).allSatisfy { $0 == 0 })
    }

    @Test func `q6_K multiplies factor, scale and quant`() {
        var block = [UInt8](repeating: 0, count: 210)
        block[0] = 0x5F  // lower halves of columns 0 and 64
        block[128] = 0b00_10_00_11  // upper quarters of columns 0, 32, 64 and 96
        for index in 192..<208 { block[index] = UInt8(index - 191) }  // scales 1…16
        block[209] = 0x3C  // 1.0
        let numbers = decoded(.q6_K, block)
        #expect(numbers[0] == 1 * (63 - 32))
        #expect(numbers[32] == 3 * (0 - 32))
        #expect(numbers[64] == 5 * (37 - 32))
        #expect(numbers[96] == 7 * (0 - 32))
        #expect(numbers[255] == 16 * (0 - 32))
    }

    @Test func `f16 rounds to nearest, ties to even, over its whole range`() {
        let numbers: [Float] = [1, 2049, 2051, 65519, 65520, -1e-8, 6e-8, 5.97e-5, .infinity]
        let halves: [Float] = [1, 2048, 2052, 65504, .infinity, -0.0, 5.9604645e-8, 5.97e-5, .infinity]
        for (value, expected) in zip(decoded(.f16, encoded(.f16, numbers)), halves) {
            #expect(value == expected || abs(value - expected) <= 3e-8)
        }
        #expect(decoded(.f16, encoded(.f16, [.nan]))[0].isNaN)
    }

    @Test func `every f16 survives f32`() {
        let bytes = (0..<0x7C00).flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
        let numbers = decoded(.f16, bytes)
        #expect(numbers[1] == 0x1p-24 && numbers[0x3C00] == 1 && numbers[0x7BFF] == 65504)
        #expect(encoded(.f16, numbers) == bytes)
    }

    @Test func `bf16 rounds to nearest, ties to even, and keeps NaN`() {
        let numbers: [Float] = [1, 1.00390625, 1.01171875, -3.1415927, .infinity, .nan]
        let values = decoded(.bf16, encoded(.bf16, numbers))
        #expect(Array(values[0..<5]) == [1, 1, 1.015625, -3.140625, .infinity])
        #expect(values[5].isNaN)
    }

    @Test func `f32 is copied`() {
        let numbers = normalNumbers(77, seed: 3)
        #expect(decoded(.f32, encoded(.f32, numbers)) == numbers)
    }
}
