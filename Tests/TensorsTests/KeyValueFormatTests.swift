import CKernels
import Tensors
import Testing

struct KeyValueFormatTests {
    /// What a format keeps of each head's numbers.
    private func rounded(_ matrix: borrowing Matrix, _ format: WeightFormat) -> Matrix {
        let numbers = (0..<matrix.rows).flatMap { row in (0..<matrix.columns).map { matrix[row, $0] } }
        let bytes = Bytes(format.bytesPerRow(columns: numbers.count)!)
        format.encode(numbers.span, into: bytes.buffer)
        var kept = numbers
        var span = kept.mutableSpan
        format.decode(UnsafeRawBufferPointer(bytes.buffer), into: &span)
        return Matrix(stride(from: 0, to: kept.count, by: matrix.columns).map { Array(kept[$0..<$0 + matrix.columns]) })
    }

    @Test(
        arguments: [
            (KeyValueFormat.f16, WeightFormat.f16, 20), (.f16, .f16, 64), (.q8_0, .q8_0, 32), (.q8_0, .q8_0, 96),
        ],
        [nil, 300])
    func `attention is that of f32 over the rounded numbers, to the bit`(
        format: (kept: KeyValueFormat, weights: WeightFormat, size: Int), window: Int?
    ) {
        let (tokens, heads, group, size) = (1100, 2, 3, format.size)
        let keys = randomMatrix(rows: tokens, columns: heads * size, seed: 1)
        let values = randomMatrix(rows: tokens, columns: heads * size, seed: 2)
        let queries = randomMatrix(rows: tokens, columns: heads * group * size, seed: 3)
        func attended(_ kept: KeyValueFormat, _ keys: borrowing Matrix, _ values: borrowing Matrix) -> [UInt32] {
            var cache = KeyValueCache(
                KeyValueLayout(
                    positions: tokens, heads: heads, headSize: size, format: kept, window: window, repeatable: tokens))
            cache.append(keys: keys, values: values, at: 0)
            var result = Matrix(rows: tokens, columns: queries.columns)
            cache.attend(queries, at: 0, scale: 0.2, into: &result)
            return bits(result)
        }
        let exact = attended(.f32, rounded(keys, format.weights), rounded(values, format.weights))
        #expect(attended(format.kept, keys, values) == exact)
        #expect(attended(.f32, keys, values) != exact)
    }

    @Test(arguments: CPU.levels, [(ck_f16, 80), (ck_q8_0, 96)])
    func `every level gives the same bits`(
        level: CPU.Level, shape: (format: ck_format, size: Int)
    ) {
        let (heads, size) = (5, shape.size)
        let width = shape.format == ck_f16 ? 160 : 102
        let keys = Bytes(1024 * width)
        let values = Bytes(1024 * width)
        let numbers = normalNumbers(1024 * size, seed: 1)
        (shape.format == ck_f16 ? WeightFormat.f16 : .q8_0).encode(numbers.span, into: values.buffer)
        if shape.format == ck_f16 {
            keys.buffer.copyMemory(from: UnsafeRawBufferPointer(values.buffer))
        } else {
            // 16 scales, then 32 numbers of each of 16 positions.
            var random = RandomNumbers(seed: 2)
            for block in 0..<1024 / 16 * size / 32 {
                for index in 0..<16 * 34 {
                    let at = block * 16 * 34 + index
                    keys.buffer[at] =
                        index < 32 ? (index % 2 == 0 ? 0 : 0x20) : UInt8(truncatingIfNeeded: random.next())
                }
            }
        }
        let queries = normalNumbers(heads * size, seed: 3)
        for (first, last) in [(0, 0), (0, 700), (37, 290), (300, 1023)] {
            func result(_ kernels: ck_kernels) -> [UInt32] {
                var out = [Float](repeating: 0, count: heads * size)
                var lookup = ck_lookup(
                    format: shape.format, tokens: 1, heads: heads, head_size: size, stride: heads * size,
                    position: last, window: last - first + 1, ring: .max, scale: 0.3)
                kernels.attend(
                    &lookup, queries, keys.buffer.baseAddress!, values.buffer.baseAddress!, &out)
                return out.map(\.bitPattern)
            }
            let found = result(kernels(level))
            #expect(found == result(kernels(.generic)))
            #expect(found.allSatisfy { Float(bitPattern: $0).isFinite })
        }
    }

    /// Windows that are as wide as places allow, and passes that come again.
    @Test(arguments: [KeyValueFormat.f32, .f16, .q8_0], [(window: 1, pass: 1), (249, 8), (250, 8), (400, 100)])
    func `a window's places go round and change no bit`(format: KeyValueFormat, shape: (window: Int, pass: Int)) {
        let (tokens, heads, group, size) = (1300, 2, 2, 32)
        let keys = randomMatrix(rows: tokens, columns: heads * size, seed: 1)
        let values = randomMatrix(rows: tokens, columns: heads * size, seed: 2)
        let queries = randomMatrix(rows: tokens, columns: heads * group * size, seed: 3)
        func attended(repeatable: Int, repeats: Bool) -> (bits: [UInt32], layout: KeyValueLayout) {
            let layout = KeyValueLayout(
                positions: tokens, heads: heads, headSize: size, format: format, window: shape.window,
                repeatable: repeatable)
            var cache = KeyValueCache(layout)
            var result = Matrix(rows: shape.pass, columns: queries.columns)
            var all: [UInt32] = []
            for first in stride(from: 0, to: tokens, by: shape.pass) {
                let part = first..<min(first + shape.pass, tokens)
                if repeats {
                    let others = randomMatrix(rows: part.count, columns: heads * size, seed: UInt64(first))
                    cache.append(keys: others, values: others, at: first)
                }
                cache.append(keys: rows(part, of: keys), values: rows(part, of: values), at: first)
                cache.attend(
                    rows(part, of: queries), at: first, scale: 0.2, into: &result, on: Workers(count: 2))
                all += bits(result)
            }
            return (all, layout)
        }
        let whole = attended(repeatable: tokens, repeats: false)
        let round = attended(repeatable: shape.pass, repeats: true)
        #expect(round.bits == whole.bits)
        #expect(whole.layout.capacity == 1312)
        #expect(round.layout.capacity == (shape.window + shape.pass - 1 + 255) / 256 * 256)
        #expect(round.layout.touchedBytes(positions: tokens) == round.layout.bytes)
    }

    @Test func `a format says what a position takes`() {
        func bytes(_ format: KeyValueFormat) -> Int {
            KeyValueLayout(positions: 4096, heads: 8, headSize: 128, format: format).bytesPerPosition
        }
        #expect(bytes(.f32) == 8 * 128 * 2 * 4)
        #expect(bytes(.f16) == 8 * 128 * 2 * 2)
        #expect(bytes(.q8_0) == 8 * 4 * 34 * 2)
    }

    private func rows(_ range: Range<Int>, of matrix: borrowing Matrix) -> Matrix {
        Matrix(range.map { row in (0..<matrix.columns).map { matrix[row, $0] } })
    }
}
