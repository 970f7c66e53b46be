import CKernels
import Tensors
import Testing

/// Every level gives the bits of the scalar one in what training needs, too.
struct TrainingLevelTests {
    private static let faster = Array(CPU.levels.dropFirst())

    @Test(arguments: faster, [(1, 1, 1), (5, 70, 33), (29, 37, 300), (13, 290, 17), (50, 64, 300), (7, 544, 20)])
    func `dense products`(level: CPU.Level, shape: (Int, Int, Int)) {
        let (m, n, k) = shape
        let a = normalNumbers(m * k, seed: 1)
        let b = normalNumbers(k * n, seed: 2)
        func results(_ kernels: ck_kernels) -> [UInt32] {
            var all: [Float] = []
            for (transposesLeft, transposesRight) in [(false, false), (false, true), (true, false), (true, true)] {
                var out = normalNumbers(m * (n + 3), seed: 3)
                a.withUnsafeBufferPointer { a in
                    b.withUnsafeBufferPointer { b in
                        let left = ck_strided(
                            at: a.baseAddress!, row: transposesLeft ? 1 : k, column: transposesLeft ? m : 1)
                        let right = ck_strided(
                            at: b.baseAddress!, row: transposesRight ? 1 : n, column: transposesRight ? k : 1)
                        kernels.multiply_dense(left, right, m, n, k, &out, n + 3, transposesRight)
                    }
                }
                all += out
            }
            return all.map(\.bitPattern)
        }
        #expect(results(kernels(level)) == results(kernels(.generic)))
    }

    @Test(arguments: faster, [1, 16, 77, 256])
    func `gradients of rows`(level: CPU.Level, count: Int) {
        let a = normalNumbers(count, seed: 1, deviation: 5)
        let b = normalNumbers(count, seed: 2)
        let c = normalNumbers(count, seed: 3)
        func results(_ kernels: ck_kernels) -> [UInt32] {
            var (norm, weight, gate, up, logits, scaled, parameters, first) = (a, a, a, a, a, a, a, a)
            var second = a.map { $0 * $0 }
            kernels.rms_norm_backward(c, a, b, count, 1e-5, &norm, &weight, true)
            kernels.silu_multiply_backward(c, a, b, count, &gate, &up)
            let loss = kernels.cross_entropy(&logits, count, count / 2, 0.3)
            kernels.multiply_by(a, 0.3, count, &scaled)
            var step = ck_adamw(
                gradient_scale: 0.7, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, keep: 0.99, step_size: 0.01, root_scale: 2)
            kernels.adamw(&parameters, c, &first, &second, count, &step)
            let out = [norm, weight, gate, up, logits, scaled, parameters, first, second]
            let sums = [Float(loss), kernels.dot(a, b, count), Float(kernels.sum_of_squares(a, count))]
            #expect(kernels.first_non_finite(a, count) == count)
            return (out.joined() + sums).map(\.bitPattern)
        }
        #expect(results(kernels(level)) == results(kernels(.generic)))
    }

    @Test(arguments: faster, [(1, 1), (20, 20), (150, 150), (150, 37)])
    func `attention of sequences`(level: CPU.Level, shape: (length: Int, window: Int)) {
        let (length, size) = (shape.length, 20)
        let rows = (1...4).map { normalNumbers(length * size * 2, seed: UInt64($0)) }
        func results(_ kernels: ck_kernels) -> [UInt32] {
            var shape = ck_attention(
                length: length, head_size: size, group: 2, window: shape.window, query_stride: 2 * size,
                key_stride: size, sum_stride: 2, scale: 0.3)
            let zeros = [Float](repeating: 0, count: length * size * 2)
            var (out, sums, queries, keys, values) = (zeros, zeros, zeros, zeros, zeros)
            kernels.attend_causally(&shape, rows[0], rows[1], rows[2], &out, &sums)
            kernels.attend_causally_backward(
                &shape, rows[3], rows[0], rows[1], rows[2], out, sums, &queries, &keys, &values)
            return [out, sums, queries, keys, values].joined().map(\.bitPattern)
        }
        #expect(results(kernels(level)) == results(kernels(.generic)))
    }
}
