import Tensors
import Testing

struct PackingTests {
    @Test(arguments: WeightFormat.allCases)
    func `a packed row has the numbers of the file`(format: WeightFormat) {
        for (rows, columns) in [(1, 256), (16, 256), (45, 512), (37, 1280)] {
            let sample = SampleWeights(format, rows: rows, columns: columns)
            var numbers = [Float](repeating: 0, count: columns)
            for row in 0..<rows {
                var span = numbers.mutableSpan
                sample.matrix.copyRow(row, into: &span)
                #expect(numbers == sample.row(row))
            }
        }
    }

    @Test(arguments: [WeightFormat.f32, .f16, .bf16])
    func `float formats take any number of columns`(format: WeightFormat) {
        let sample = SampleWeights(format, rows: 45, columns: 77)
        var numbers = [Float](repeating: 0, count: 77)
        for row in 0..<45 {
            var span = numbers.mutableSpan
            sample.matrix.copyRow(row, into: &span)
            #expect(numbers == sample.row(row))
        }
    }

    @Test(arguments: WeightFormat.allCases)
    func `rows missing from the last group are zeros`(format: WeightFormat) {
        let sample = SampleWeights(format, rows: 17, columns: 256)
        let whole = WeightMatrix(
            format: format, rows: 32, columns: 256, bytes: sample.packed.buffer.baseAddress!, owner: sample.packed)
        var numbers = [Float](repeating: 1, count: 256)
        for row in 17..<32 {
            var span = numbers.mutableSpan
            whole.copyRow(row, into: &span)
            #expect(numbers.allSatisfy { $0 == 0 })
        }
    }

    @Test(arguments: WeightFormat.allCases)
    func `a slice of rows begins where its group does`(format: WeightFormat) {
        let sample = SampleWeights(format, rows: 50, columns: 256)
        let slice = sample.matrix.rows(32..<50)
        var numbers = [Float](repeating: 0, count: 256)
        var span = numbers.mutableSpan
        slice.copyRow(3, into: &span)
        #expect(slice.rows == 18)
        #expect(numbers == sample.row(35))
    }

    @Test func `a row that does not divide into blocks has no size`() {
        #expect(WeightFormat.q4_0.bytesPerRow(columns: 48) == nil)
        #expect(WeightFormat.q6_K.bytesPerRow(columns: 128) == nil)
        #expect(WeightFormat.q8_0.packedBytes(rows: 17, columns: 64) == 2 * 16 * 2 * 34)
        #expect(WeightFormat.f32.packedBytes(rows: .max, columns: .max) == nil)
        #expect([0, 1, 16, 17].map(WeightFormat.groups) == [0, 1, 1, 2])
    }
}
