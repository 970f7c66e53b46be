import CKernels
import Tensors
import Testing

/// Every level of kernels gives the bits of the scalar one.
struct LevelTests {
    private static let faster = Array(CPU.levels.dropFirst())

    @Test(arguments: faster, WeightFormat.allCases)
    func `products`(level: CPU.Level, format: WeightFormat) {
        for (isExtreme, tokens) in [(false, 1), (false, 17), (true, 1), (true, 7)] {
            for (rows, columns) in [(16, 256), (75, 768)] {
                let sample = SampleWeights(
                    format, rows: rows, columns: columns, bytes: isExtreme ? .extreme : .usual)
                #expect(
                    product(sample, tokens: tokens, kernels(level), isExtreme: isExtreme)
                        == product(sample, tokens: tokens, kernels(.generic), isExtreme: isExtreme))
            }
        }
    }

    @Test(arguments: faster, quantizedFormats.filter { $0.blockSize == 32 })
    func `products of rows that 256 does not divide`(level: CPU.Level, format: WeightFormat) {
        for columns in [352, 2080] {
            let sample = SampleWeights(format, rows: 45, columns: columns)
            for tokens in [1, 3, 13, 23] {
                #expect(
                    product(sample, tokens: tokens, kernels(level))
                        == product(sample, tokens: tokens, kernels(.generic)))
            }
        }
    }

    @Test(arguments: faster, [WeightFormat.f32, .f16, .bf16])
    func `products of odd shapes`(level: CPU.Level, format: WeightFormat) {
        let sample = SampleWeights(format, rows: 45, columns: 77)
        #expect(product(sample, tokens: 5, kernels(level)) == product(sample, tokens: 5, kernels(.generic)))
    }

    private func product(
        _ sample: SampleWeights, tokens: Int, _ kernels: ck_kernels, isExtreme: Bool = false
    ) -> [UInt32] {
        let (rows, columns) = (sample.rows, sample.columns)
        let weights = UnsafeRawPointer(sample.packed.buffer.baseAddress!)
        let stride = rows + 3
        var out = [Float](repeating: 7, count: tokens * stride)
        var floats = normalNumbers(tokens * columns, seed: 5)
        if isExtreme {
            // The first row is as great as can be, the others of either sign.
            for index in floats.indices { floats[index] = index >= columns && floats[index] < 0 ? -1 : 1 }
        }
        let multiply = kernels.formats[Int(sample.format.number)].multiply
        if sample.format.isQuantized {
            var blocks = [ck_block](repeating: ck_block(), count: tokens * columns / 32)
            kernels.quantize(floats, tokens * columns, &blocks)
            multiply(weights, rows, columns, blocks, tokens, &out, stride)
        } else {
            multiply(weights, rows, columns, floats, tokens, &out, stride)
        }
        return out.map(\.bitPattern)
    }

    @Test(arguments: faster)
    func `quantized activations`(level: CPU.Level) {
        var numbers = normalNumbers(32 * 8, seed: 9)
        numbers.replaceSubrange(0..<32, with: repeatElement(0, count: 32))
        numbers.replaceSubrange(32..<64, with: repeatElement(.leastNonzeroMagnitude, count: 32))
        numbers.replaceSubrange(64..<96, with: (0..<32).map { Float($0) - 15.5 })
        numbers[96] = .nan
        numbers[128] = -.infinity
        func quantized(_ kernels: ck_kernels) -> [[Int32]] {
            var blocks = [ck_block](repeating: ck_block(), count: 8)
            kernels.quantize(numbers, numbers.count, &blocks)
            return blocks.map { block in
                let quants = withUnsafeBytes(of: block.quants) { $0.map { Int32(Int8(bitPattern: $0)) } }
                #expect(quants[0..<16].reduce(0, +) == block.sums.0 && quants[16..<32].reduce(0, +) == block.sums.1)
                #expect(block.scale.isNaN || block.scaled_sum == Float(quants.reduce(0, +)) * block.scale)
                return quants + [block.scale, block.scaled_sum].map { Int32(bitPattern: $0.bitPattern) }
            }
        }
        #expect(quantized(kernels(level)) == quantized(kernels(.generic)))
    }

    @Test(arguments: faster)
    func `encoders and decoders`(level: CPU.Level) {
        var numbers = normalNumbers(1024, seed: 4) + normalNumbers(1024, seed: 5, deviation: 1e-6)
        numbers[7] = 65504
        numbers[40] = 0x1p-24
        func bytes(_ kernels: ck_kernels) -> [UInt8] {
            var all: [UInt8] = []
            for format in WeightFormat.allCases {
                guard let encode = kernels.formats[Int(format.number)].encode else { continue }
                var file = [UInt8](repeating: 0, count: 8192)
                encode(numbers, 2048, &file)
                all += file
            }
            return all
        }
        let file = bytes(kernels(level))
        #expect(file == bytes(kernels(.generic)))
        func decoded(_ kernels: ck_kernels) -> [UInt32] {
            WeightFormat.allCases.flatMap { format in
                var row = [Float](repeating: 0, count: 1024)
                kernels.formats[Int(format.number)].decode(file, 1024, &row)
                return row.map { $0.isNaN ? 0 : $0.bitPattern }
            }
        }
        #expect(decoded(kernels(level)) == decoded(kernels(.generic)))
    }

    @Test(arguments: faster, [1, 16, 77, 256])
    func `operations on rows`(level: CPU.Level, count: Int) {
        let a = normalNumbers(count, seed: 1, deviation: 20)
        let b = normalNumbers(count, seed: 2)
        func results(_ kernels: ck_kernels) -> [UInt32] {
            var out = [[Float]](repeating: a, count: 7)
            kernels.rms_norm(a, b, count, 1e-5, &out[0])
            kernels.silu_multiply(a, b, count, &out[1])
            kernels.softmax(&out[2], count)
            kernels.add(b, count, &out[3])
            kernels.add_weighted(b, 0.3, count, &out[4])
            kernels.rotate_adjacent(&out[5], b, Array(b.reversed()), count / 2)
            kernels.rotate_halves(&out[6], b, Array(b.reversed()), count / 2)
            return out.joined().map(\.bitPattern) + [Float(kernels.log_sum_exp(a, count)).bitPattern]
        }
        #expect(results(kernels(level)) == results(kernels(.generic)))
    }

    @Test(arguments: faster, [(1, 80), (2, 80), (4, 80), (7, 80), (7, 7), (1, 513), (2, 1024), (5, 2048)])
    func `attention`(level: CPU.Level, shape: (heads: Int, size: Int)) {
        let (heads, size) = shape
        let keys = normalNumbers(1024 * size, seed: 1)
        let values = normalNumbers(1024 * ((size + 15) / 16 * 16), seed: 2)
        let queries = normalNumbers(heads * size, seed: 3)
        for (first, last) in [(0, 0), (0, 700), (37, 290), (300, 1023)] {
            func result(_ kernels: ck_kernels) -> [UInt32] {
                var out = [Float](repeating: 0, count: heads * size)
                var lookup = ck_lookup(
                    format: ck_f32, tokens: 1, heads: heads, head_size: size, stride: heads * size, position: last,
                    window: last - first + 1, ring: .max, scale: 0.3)
                kernels.attend(&lookup, queries, keys, values, &out)
                return out.map(\.bitPattern)
            }
            #expect(result(kernels(level)) == result(kernels(.generic)))
        }
    }
    /// Later positions, which nobody sees, are not finite.
    @Test(arguments: CPU.levels, [(1, 33), (2, 16), (3, 80), (4, 64), (5, 7), (8, 24), (12, 32)])
    func `tokens attend together as each of them alone`(level: CPU.Level, shape: (heads: Int, size: Int)) {
        let (heads, size) = shape
        let stride = heads * size + 5
        var keys = normalNumbers(1040 * size, seed: 1)
        var values = normalNumbers(1040 * ((size + 15) / 16 * 16), seed: 2)
        let queries = normalNumbers(12 * stride, seed: 3)
        for (position, tokens) in [(0, 9), (14, 3), (250, 8), (255, 2), (1020, 12)] {
            let end = (position + tokens + 15) / 16 * 16
            for index in end * size..<keys.count { keys[index] = .nan }
            for index in (position + tokens) * (values.count / 1040)..<values.count { values[index] = .infinity }
            for window in [3, 100, 300, .max] {
                func lookup(_ tokens: Range<Int>) -> [UInt32] {
                    var out = [Float](repeating: 0, count: 12 * stride)
                    var lookup = ck_lookup(
                        format: ck_f32, tokens: tokens.count, heads: heads, head_size: size, stride: stride,
                        position: position + tokens.lowerBound, window: window, ring: .max, scale: 0.3)
                    let row = tokens.lowerBound * stride
                    queries.withUnsafeBufferPointer { queries in
                        out.withUnsafeMutableBufferPointer { out in
                            kernels(level)
                                .attend(&lookup, queries.baseAddress! + row, keys, values, out.baseAddress! + row)
                        }
                    }
                    return out[row..<row + tokens.count * stride].map(\.bitPattern)
                }
                #expect(lookup(0..<tokens) == (0..<tokens).flatMap { lookup($0..<$0 + 1) })
            }
            keys = normalNumbers(1040 * size, seed: 1)
            values = normalNumbers(values.count, seed: 2)
        }
    }
}
