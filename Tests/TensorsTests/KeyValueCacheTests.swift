import Glibc
import Tensors
import Testing

struct KeyValueCacheTests {
    /// Softmax attention of one query head, in Double.
    private func naive(
        query: [Float], keys: borrowing Matrix, values: borrowing Matrix, head: Int, positions: ClosedRange<Int>,
        scale: Double
    ) -> [Double] {
        let size = query.count
        var scores = positions.map { position in
            var sum = 0.0
            for d in 0..<size { sum += Double(query[d]) * Double(keys[position, head * size + d]) }
            return sum * scale
        }
        let most = scores.max()!
        scores = scores.map { exp($0 - most) }
        let total = scores.reduce(0, +)
        return (0..<size).map { d in
            var sum = 0.0
            for (position, score) in zip(positions, scores) {
                sum += score / total * Double(values[position, head * size + d])
            }
            return sum
        }
    }

    @Test func `memory is touched as positions are used, in whole pages`() {
        func touched(_ positions: Int) -> Int {
            KeyValueLayout(positions: 64, heads: 2, headSize: 64).touchedBytes(positions: positions)
        }
        // Room for 64 positions of 64 floats is four pages for each head's keys, and as many for its values.
        #expect(touched(0) == 0)
        #expect(touched(1) == 4 * 4096)
        #expect(touched(16) == 4 * 4096)
        #expect(touched(17) == 8 * 4096)
        #expect(touched(64) == KeyValueLayout(positions: 64, heads: 2, headSize: 64).bytes)
        // Small heads share pages: 16 positions of 8 floats are 512 bytes of keys, and 1,024 of values padded to 16.
        #expect(KeyValueLayout(positions: 16, heads: 2, headSize: 8).touchedBytes(positions: 1) == 4096)
        #expect(KeyValueLayout(positions: 48, heads: 8, headSize: 8).touchedBytes(positions: 16) == 9 * 4096)
    }

    @Test(
        arguments: [
            (heads: 1, group: 1, size: 64), (heads: 2, group: 4, size: 16), (heads: 2, group: 3, size: 24),
            (heads: 1, group: 5, size: 7), (heads: 2, group: 1, size: 513), (heads: 1, group: 2, size: 1024),
            (heads: 1, group: 1, size: 2048),
        ], [nil, 40, 300])
    func `attention agrees with Double`(shape: (heads: Int, group: Int, size: Int), window: Int?) {
        let tokens = shape.size < 64 ? 1100 : 600
        let (heads, group, size) = shape
        // Scores of wide heads are great, and a unit in their last place with them.
        let wide = max(1, Double(size) / 64)
        let keys = randomMatrix(rows: tokens, columns: heads * size, seed: 1)
        let values = randomMatrix(rows: tokens, columns: heads * size, seed: 2)
        var cache = KeyValueCache(
            KeyValueLayout(positions: tokens, heads: heads, headSize: size, window: window, repeatable: tokens))
        cache.append(keys: keys, values: values, at: 0)
        for position in [0, 15, 16, 255, 256, tokens - 1] {
            let queries = randomMatrix(rows: 1, columns: heads * group * size, seed: 3)
            var result = Matrix(rows: 1, columns: heads * group * size)
            cache.attend(queries, at: position, scale: 0.25, into: &result)
            for head in 0..<heads * group {
                let first = max(0, position - (window ?? tokens) + 1)
                let query = (0..<size).map { queries[0, head * size + $0] }
                let expected = naive(
                    query: query, keys: keys, values: values, head: head / group, positions: first...position,
                    scale: 0.25)
                for d in 0..<size { #expect(abs(Double(result[0, head * size + d]) - expected[d]) < 1e-5 * wide) }
            }
        }
    }

    @Test(arguments: [nil, 1, 50, 300], [(tokens: 75, size: 32), (tokens: 530, size: 20)])
    func `neither chunks nor threads change a bit`(window: Int?, shape: (tokens: Int, size: Int)) {
        let (tokens, heads, group, size) = (shape.tokens, 2, 3, shape.size)
        let queries = randomMatrix(rows: tokens, columns: heads * group * size, seed: 1)
        let keys = randomMatrix(rows: tokens, columns: heads * size, seed: 2)
        let values = randomMatrix(rows: tokens, columns: heads * size, seed: 3)
        func attended(chunk: Int, threads: Int) -> [UInt32] {
            let workers = Workers(count: threads)
            var cache = KeyValueCache(
                KeyValueLayout(
                    positions: tokens + 5, heads: heads, headSize: size, window: window, repeatable: chunk))
            var result = Matrix(rows: chunk, columns: queries.columns)
            return stride(from: 0, to: tokens, by: chunk).flatMap { first in
                let part = first..<min(first + chunk, tokens)
                cache.append(keys: rows(part, of: keys), values: rows(part, of: values), at: first)
                cache.attend(rows(part, of: queries), at: first, scale: 0.2, into: &result, on: workers)
                return bits(result)
            }
        }
        let single = attended(chunk: 1, threads: 1)
        for (chunk, threads) in [(tokens, 1), (tokens, 3), (9, 2), (128, 8)] {
            #expect(attended(chunk: chunk, threads: threads) == single)
        }
    }

    @Test(arguments: [nil, 1500], [20, 64])
    func `threads share a token's positions and change no bit`(window: Int?, size: Int) {
        let (tokens, heads, group) = (2600, 2, 3)
        var cache = KeyValueCache(
            KeyValueLayout(positions: tokens, heads: heads, headSize: size, window: window, repeatable: tokens))
        cache.append(
            keys: randomMatrix(rows: tokens, columns: heads * size, seed: 1),
            values: randomMatrix(rows: tokens, columns: heads * size, seed: 2), at: 0)
        let queries = randomMatrix(rows: 1, columns: heads * group * size, seed: 3)
        let shape = KeyValueCache.stretchSums(positions: tokens, queryHeads: heads * group, headSize: size)
        #expect(shape.rows == 3 * heads * group)
        for position in [7, 1023, 1024, 2047, 2048, 2599] {
            var alone = Matrix(rows: 1, columns: queries.columns)
            cache.attend(queries, at: position, scale: 0.2, into: &alone)
            for threads in [1, 2, 3, 8] {
                var result = Matrix(rows: 1, columns: queries.columns)
                var sums = Matrix(rows: shape.rows, columns: shape.columns)
                cache.attend(
                    queries, at: position, scale: 0.2, into: &result, sums: &sums, on: Workers(count: threads))
                #expect(bits(result) == bits(alone))
            }
        }
    }

    @Test func `a short context needs no sums of stretches`() {
        #expect(KeyValueCache.stretchSums(positions: 1024, queryHeads: 8, headSize: 64).rows == 0)
        #expect(KeyValueCache.stretchSums(positions: 1025, queryHeads: 8, headSize: 60) == (16, 96))
    }

    private func rows(_ range: Range<Int>, of matrix: borrowing Matrix) -> Matrix {
        var rows: [[Float]] = []
        for row in range { rows.append((0..<matrix.columns).map { matrix[row, $0] }) }
        return Matrix(rows)
    }

    @Test func `great scores do not overflow`() {
        var cache = KeyValueCache(KeyValueLayout(positions: 300, heads: 1, headSize: 16))
        var keys = Matrix(rows: 300, columns: 16)
        for position in 0..<300 { keys[position, 0] = Float(position) * 100 }
        cache.append(keys: keys, values: randomMatrix(rows: 300, columns: 16, seed: 1), at: 0)
        var queries = Matrix(rows: 1, columns: 16)
        queries[0, 0] = 10
        var result = Matrix(rows: 1, columns: 16)
        cache.attend(queries, at: 299, scale: 1, into: &result)
        let values = randomMatrix(rows: 300, columns: 16, seed: 1)
        for column in 0..<16 { #expect(result[0, column] == values[299, column]) }
    }

    @Test func `memory is counted for all positions`() {
        #expect(KeyValueLayout(positions: 4096, heads: 8, headSize: 128).bytes == 4096 * 8 * 128 * 2 * 4)
    }
}
