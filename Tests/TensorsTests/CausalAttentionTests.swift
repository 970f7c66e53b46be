import Glibc
import Tensors
import Testing

struct CausalAttentionTests {
    struct Shape: CustomTestStringConvertible {
        var length: Int, heads: Int, keyValueHeads: Int, headSize: Int
        var window: Int?
        var testDescription: String {
            "\(length) tokens, \(heads)/\(keyValueHeads) heads of \(headSize), window \(window ?? length)"
        }
    }

    private static let shapes = [
        Shape(length: 1, heads: 1, keyValueHeads: 1, headSize: 8),
        Shape(length: 20, heads: 4, keyValueHeads: 2, headSize: 16),
        Shape(length: 150, heads: 2, keyValueHeads: 1, headSize: 20),
        Shape(length: 150, heads: 2, keyValueHeads: 2, headSize: 16, window: 1),
        Shape(length: 300, heads: 1, keyValueHeads: 1, headSize: 16, window: 37),
    ]

    /// Two sequences and what is computed of them.
    private struct Pass {
        let attention: CausalAttention
        let queries, keys, values, output, sums: MatrixView

        init(_ shape: Shape) {
            attention = CausalAttention(
                sequenceLength: shape.length, heads: shape.heads, keyValueHeads: shape.keyValueHeads,
                headSize: shape.headSize, window: shape.window)
            let (tokens, wide) = (2 * shape.length, shape.heads * shape.headSize)
            queries = normal(tokens, wide, seed: 1)
            keys = normal(tokens, shape.keyValueHeads * shape.headSize, seed: 2)
            values = normal(tokens, shape.keyValueHeads * shape.headSize, seed: 3)
            output = zeros(tokens, wide)
            sums = zeros(tokens, shape.heads)
        }

        func forward(on workers: Workers) {
            attention.forward(
                queries: queries, keys: keys, values: values, into: output, logSumExp: sums, on: workers)
        }

        func backward(_ slope: MatrixView, on workers: Workers) -> (queries: MatrixView, MatrixView, MatrixView) {
            let gradients = (
                normal(queries.rows, queries.columns, seed: 7), normal(keys.rows, keys.columns, seed: 8),
                normal(keys.rows, keys.columns, seed: 9)
            )
            attention.backward(
                slope, queries: queries, keys: keys, values: values, output: output, logSumExp: sums,
                queryGradient: gradients.0, keyGradient: gradients.1, valueGradient: gradients.2, on: workers)
            return gradients
        }
    }

    @Test(arguments: shapes)
    func `agrees with Double`(shape: Shape) {
        let pass = Pass(shape)
        pass.forward(on: Workers(count: 2))
        for token in stride(from: 0, to: 2 * shape.length, by: max(1, shape.length / 9)) {
            let position = token % shape.length
            let first = token - min(position, (shape.window ?? shape.length) - 1)
            for head in 0..<shape.heads {
                let (ours, theirs) = (
                    head * shape.headSize, head * shape.keyValueHeads / shape.heads * shape.headSize
                )
                let powers = (first...token).map { other in
                    let score = (0..<shape.headSize).reduce(0.0) {
                        $0 + Double(pass.queries[token, ours + $1]) * Double(pass.keys[other, theirs + $1])
                    }
                    return exp(score / sqrt(Double(shape.headSize)))
                }
                let total = powers.reduce(0, +)
                #expect(abs(Double(pass.sums[token, head]) - log(total)) < 1e-5)
                for component in 0..<shape.headSize {
                    let expected = zip(powers, first...token).reduce(0) {
                        $0 + $1.0 / total * Double(pass.values[$1.1, theirs + component])
                    }
                    #expect(abs(Double(pass.output[token, ours + component]) - expected) < 1e-5)
                }
            }
        }
    }

    @Test(arguments: shapes)
    func `its gradients`(shape: Shape) {
        let workers = Workers(count: 2)
        let pass = Pass(shape)
        let slope = normal(pass.output.rows, pass.output.columns, seed: 4)
        pass.forward(on: workers)
        let gradients = pass.backward(slope, on: workers)
        let loss = {
            pass.forward(on: workers)
            return inner(pass.output, slope)
        }
        expectGradient(gradients.2, of: pass.values, loss: loss)
        guard shape.length > 1 && shape.window != 1 else {
            // A token that sees itself alone does so whatever its query and key.
            #expect(numbers(gradients.0).allSatisfy { abs($0) < 1e-5 })
            #expect(numbers(gradients.1).allSatisfy { abs($0) < 1e-5 })
            return
        }
        expectGradient(gradients.0, of: pass.queries, loss: loss)
        expectGradient(gradients.1, of: pass.keys, loss: loss)
    }

    @Test func `the threads change no bit`() {
        func result(threads: Int) -> [UInt32] {
            let pass = Pass(Shape(length: 150, heads: 4, keyValueHeads: 2, headSize: 32))
            let workers = Workers(count: threads)
            pass.forward(on: workers)
            let gradients = pass.backward(normal(300, 128, seed: 4), on: workers)
            return bits(pass.output) + bits(gradients.0) + bits(gradients.1) + bits(gradients.2)
        }
        #expect(result(threads: 3) == result(threads: 1))
    }

    @Test func `later tokens change nothing before them`() {
        let workers = Workers(count: 1)
        let pass = Pass(Shape(length: 150, heads: 1, keyValueHeads: 1, headSize: 16))
        pass.forward(on: workers)
        let before = bits(pass.output.rows(0..<100))
        for token in 100..<150 { pass.keys[token, 3] += 5 }
        pass.forward(on: workers)
        #expect(bits(pass.output.rows(0..<100)) == before)
        #expect(bits(pass.output.rows(100..<101)) != bits(pass.output.rows(99..<100)))
    }
}
