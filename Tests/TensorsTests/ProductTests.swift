import CKernels
import Tensors
import Testing

struct ProductTests {
    private func activations(_ matrix: borrowing Matrix) -> Activations {
        var activations = Activations(rows: matrix.rows, columns: matrix.columns)
        activations.load(matrix, quantized: true, floats: true)
        return activations
    }

    private func product(
        _ weights: WeightMatrix, _ activations: borrowing Activations, threads: Int = 1, exact: Bool = true
    ) -> Matrix {
        var result = Matrix(rows: activations.rows, columns: weights.rows)
        let workers = Workers(count: threads)
        result.withView { workers.multiply(activations, by: weights, into: $0, exact: exact) }
        return result
    }

    private func numbers(_ matrix: borrowing Matrix, _ row: Int) -> [Float] {
        (0..<matrix.columns).map { matrix[row, $0] }
    }

    /// Activations as quantized weights multiply them.
    private func rounded(_ numbers: [Float]) -> [Float] {
        var blocks = [ck_block](repeating: ck_block(), count: numbers.count / 32)
        kernels(.generic).quantize(numbers, numbers.count, &blocks)
        return blocks.flatMap { block in
            withUnsafeBytes(of: block.quants) { $0.map { block.scale * Float(Int8(bitPattern: $0)) } }
        }
    }

    /// The sum of products, and that of their magnitudes.
    private func sums(_ weights: [Float], _ numbers: [Float]) -> (sum: Double, size: Double) {
        let terms = zip(weights, numbers).map { Double($0) * Double($1) }
        return (terms.reduce(0, +), terms.reduce(0) { $0 + abs($1) })
    }

    @Test(arguments: WeightFormat.allCases)
    func `a product is the sum of products`(format: WeightFormat) {
        let sample = SampleWeights(format, rows: 37, columns: 512)
        let input = randomMatrix(rows: 5, columns: 512, seed: 2)
        let result = product(sample.matrix, activations(input))
        for row in 0..<37 {
            let weights = sample.row(row)
            for token in 0..<5 {
                let found = Double(result[token, row])
                let (sum, size) = sums(weights, numbers(input, token))
                guard format.isQuantized else {
                    #expect(abs(found - sum) <= 1e-6 * size)
                    continue
                }
                let (roundedSum, roundedSize) = sums(weights, rounded(numbers(input, token)))
                #expect(abs(found - roundedSum) <= 1e-6 * roundedSize)
                // 8 bits leave an error of half a step of the greatest of 32 activations, which mostly cancels.
                if [.q8_0, .q4_0, .q6_K].contains(format) { #expect(abs(found - sum) <= 2e-3 * size) }
            }
        }
    }

    @Test(arguments: quantizedFormats)
    func `whole numbers that fit 8 bits multiply without error`(format: WeightFormat) {
        let sample = SampleWeights(format, rows: 16, columns: 256, bytes: .extreme)
        var input = Matrix(rows: 1, columns: 256)
        var random = RandomNumbers(seed: 1)
        for column in 0..<256 {
            input[0, column] = column % 32 == 0 ? 127 : Float(Int.random(in: -127...127, using: &random))
        }
        let result = product(sample.matrix, activations(input))
        for row in 0..<16 {
            let (sum, size) = sums(sample.row(row), numbers(input, 0))
            // What is subtracted in the end may be as great as the products.
            let isOffset = [WeightFormat.q4_1, .q5_1, .q4_K, .q5_K, .q2_K].contains(format)
            #expect(abs(Double(result[0, row]) - sum) <= 1e-6 * (isOffset ? size : abs(sum)))
        }
    }

    @Test(arguments: WeightFormat.allCases, [1, 2, 3, 6, 7, 8, 15, 33])
    func `many rows give the bits of one`(format: WeightFormat, tokens: Int) {
        let sample = SampleWeights(format, rows: 83, columns: 768)
        let input = randomMatrix(rows: tokens, columns: 768, seed: 3)
        let together = activations(input)
        var alone = Activations(rows: 1, columns: 768)
        let all = bits(product(sample.matrix, together))
        for token in 0..<tokens {
            alone.take([token], of: together)
            #expect(bits(product(sample.matrix, alone)) == Array(all[token * 83..<(token + 1) * 83]))
        }
    }

    @Test(arguments: quantizedFormats.filter { $0.blockSize == 32 }, [(columns: 352, tokens: 9), (2080, 21)])
    func `rows that 256 does not divide give the same bits, alone and together`(
        format: WeightFormat, shape: (columns: Int, tokens: Int)
    ) {
        let sample = SampleWeights(format, rows: 37, columns: shape.columns)
        let input = randomMatrix(rows: shape.tokens, columns: shape.columns, seed: 5)
        let together = activations(input)
        let all = product(sample.matrix, together)
        var alone = Activations(rows: 1, columns: shape.columns)
        for token in 0..<shape.tokens {
            alone.take([token], of: together)
            #expect(bits(product(sample.matrix, alone)) == Array(bits(all)[token * 37..<(token + 1) * 37]))
        }
        let (sum, size) = sums(sample.row(36), rounded(numbers(input, 8)))
        #expect(abs(Double(all[8, 36]) - sum) <= 1e-6 * size)
    }

    @Test(arguments: WeightFormat.allCases)
    func `the number of threads changes no bit`(format: WeightFormat) {
        let sample = SampleWeights(format, rows: 300, columns: 512)
        for exact in [true, false] {
            for tokens in [1, 40] {
                let input = activations(randomMatrix(rows: tokens, columns: 512, seed: 4))
                let expected = bits(product(sample.matrix, input, threads: 1, exact: exact))
                for threads in 2...4 {
                    #expect(bits(product(sample.matrix, input, threads: threads, exact: exact)) == expected)
                }
            }
        }
    }

    @Test func `BLAS multiplies as our kernel does, but for rounding`() {
        let sample = SampleWeights(.f32, rows: 130, columns: 200)
        let input = activations(randomMatrix(rows: 33, columns: 200, seed: 5))
        let exact = product(sample.matrix, input)
        let fast = product(sample.matrix, input, exact: false)
        for row in 0..<33 { for column in 0..<130 { #expect(abs(exact[row, column] - fast[row, column]) < 1e-3) } }
    }

    @Test(arguments: [WeightFormat.f32, .f16, .bf16])
    func `float weights take odd shapes`(format: WeightFormat) {
        let sample = SampleWeights(format, rows: 45, columns: 77)
        let input = randomMatrix(rows: 3, columns: 77, seed: 6)
        let result = product(sample.matrix, activations(input), threads: 2)
        for row in 0..<45 {
            var sum = 0.0
            for (column, weight) in sample.row(row).enumerated() { sum += Double(weight) * Double(input[2, column]) }
            #expect(abs(Double(result[2, row]) - sum) < 1e-4)
        }
    }

    @Test func `products that share an input fill columns side by side`() {
        let first = SampleWeights(.q8_0, rows: 48, columns: 256, seed: 1)
        let second = SampleWeights(.q4_0, rows: 20, columns: 256, seed: 2)
        let input = activations(randomMatrix(rows: 9, columns: 256, seed: 7))
        var result = Matrix(rows: 9, columns: 68)
        let workers = Workers(count: 2)
        result.withView { view in
            let products: [2 of Workers.Product] = [
                .init(first.matrix, into: view), .init(second.matrix, into: view, column: 48),
            ]
            workers.multiply(input, products.span, exact: true)
        }
        let left = product(first.matrix, input)
        let right = product(second.matrix, input)
        for row in 0..<9 {
            #expect((0..<48).allSatisfy { result[row, $0] == left[row, $0] })
            #expect((0..<20).allSatisfy { result[row, 48 + $0] == right[row, $0] })
        }
    }

    @Test func `tiles of an expert are multiplied from inside a loop`() {
        let sample = SampleWeights(.q8_0, rows: 64, columns: 256)
        let input = activations(randomMatrix(rows: 2, columns: 256, seed: 8))
        var result = Matrix(rows: 2, columns: 64)
        let workers = Workers(count: 2)
        result.withView { view in
            workers.forEach(4) { tile in
                let rows = tile * 16..<(tile + 1) * 16
                sample.matrix.rows(rows).multiply(input, into: view, column: rows.lowerBound, exact: true)
            }
        }
        #expect(bits(result) == bits(product(sample.matrix, input)))
    }

    @Test func `experts multiply their own tokens`() {
        let samples = (0..<3).map { SampleWeights(.q4_0, rows: 40, columns: 64, seed: $0) }
        let visits = [0..<2, 2..<2, 2..<7]
        var inputs = randomMatrix(rows: 7, columns: 64, seed: 10)
        var input = Activations(rows: 7, columns: 64)
        input.load(inputs, quantized: true, floats: false)
        inputs[6, 0] += 1
        input.load(inputs, rows: 6..<7, quantized: true, floats: false)
        var result = Matrix(rows: 7, columns: 40)
        let workers = Workers(count: 2)
        result.withView { view in
            let products = zip(samples, visits).map { Workers.Product($0.matrix, tokens: $1, into: view) }
            workers.multiply(input, products.span, exact: true)
        }
        let all = activations(inputs)
        for (sample, tokens) in zip(samples, visits) {
            let expected = product(sample.matrix, all)
            for token in tokens { #expect((0..<40).allSatisfy { result[token, $0] == expected[token, $0] }) }
        }
    }

    @Test func `gathered rows keep what was loaded`() {
        let input = activations(randomMatrix(rows: 5, columns: 64, seed: 9))
        var chosen = Activations(rows: 4, columns: 64)
        chosen.take([3, 1], of: input)
        #expect(chosen.rows == 2 && chosen.hasFloats && chosen.hasBlocks)
        for format in [WeightFormat.f16, .q8_0] {
            let sample = SampleWeights(format, rows: 16, columns: 64)
            let all = product(sample.matrix, input)
            let some = product(sample.matrix, chosen)
            #expect((0..<16).allSatisfy { some[0, $0] == all[3, $0] && some[1, $0] == all[1, $0] })
        }
    }

    @Test func `columns that do not divide into blocks are not quantized`() {
        let input = activations(randomMatrix(rows: 2, columns: 40, seed: 1))
        #expect(input.hasFloats && !input.hasBlocks)
    }

    @Test func `an input that is not a number shows in the output`() {
        var input = randomMatrix(rows: 2, columns: 64, seed: 1)
        input[1, 5] = .nan
        let result = product(SampleWeights(.q8_0, rows: 16, columns: 64).matrix, activations(input))
        #expect((0..<16).allSatisfy { !result[0, $0].isNaN && result[1, $0].isNaN })
    }
}

extension Activations {
    /// Takes over some rows of other activations.
    fileprivate mutating func take(_ rows: [Int], of other: borrowing Activations) {
        use(rows: rows.count, as: other)
        withView { view in
            other.withView { other in
                for (row, source) in rows.enumerated() { view.copy(row: source, of: other, to: row) }
            }
        }
    }
}
