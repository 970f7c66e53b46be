import Glibc
import Tensors
import Testing

struct OptimizerTests {
    private let workers = Workers(count: 2)

    /// The formulas of `torch.optim.AdamW`, in Double.
    @Test func `steps are those of the paper`() {
        let count = 70_000
        let (p, m, v) = (normal(1, count, seed: 1), zeros(1, count), zeros(1, count))
        var (expected, first, second) = (numbers(p).map(Double.init), 0.0, 0.0)
        let adam = AdamW(beta1: 0.9, beta2: 0.95, epsilon: 1e-8)
        let at = count - 1
        for step in 1...5 {
            let g = normal(1, count, seed: UInt64(10 + step))
            adam.step(
                step, learningRate: 0.01, weightDecay: 0.1, gradientScale: 0.5, parameters: p, gradients: g,
                firstMoments: m, secondMoments: v, on: workers)
            let gradient = Double(g[0, at]) / 2
            first = 0.9 * first + 0.1 * gradient
            second = 0.95 * second + 0.05 * gradient * gradient
            expected[at] -= 0.01 * 0.1 * expected[at]
            expected[at] -=
                0.01 * first / (1 - pow(0.9, Double(step)))
                / (sqrt(second / (1 - pow(0.95, Double(step)))) + 1e-8)
        }
        #expect(abs(Double(p[0, at]) - expected[at]) < 1e-6)
        #expect(abs(Double(m[0, at]) - first) < 1e-6 && abs(Double(v[0, at]) - second) < 1e-6)
    }

    @Test func `the first step is as long as the learning rate`() {
        let p = lasting(Matrix([[1, 1, 1]]))
        AdamW().step(
            1, learningRate: 0.25, weightDecay: 0, parameters: p, gradients: lasting(Matrix([[5, -0.01, 0]])),
            firstMoments: zeros(1, 3), secondMoments: zeros(1, 3), on: workers)
        #expect(zip(numbers(p), [0.75, 1.25, 1]).allSatisfy { abs($0 - $1) < 1e-5 })
    }

    @Test func `sums of squares have the same bits on any number of threads`() {
        let x = normal(300, 1000, seed: 1)
        let expected = numbers(x).reduce(0) { $0 + Double($1) * Double($1) }
        let sum = x.sumOfSquares(on: workers)
        #expect(abs(sum - expected) < 1e-9 * expected)
        #expect(x.sumOfSquares(on: Workers(count: 1)) == sum)
        #expect(lasting(Matrix([[3, 4]])).sumOfSquares(on: workers) == 25)
    }

    @Test func `the first NaN or infinity is found`() {
        let x = normal(30, 2000, seed: 1)
        #expect(x.firstNonFinite(on: workers) == nil)
        x[29, 1999] = .nan
        #expect(x.firstNonFinite(on: workers) == 59_999)
        x[11, 3] = -.infinity
        #expect(x.firstNonFinite(on: workers) == 22_003)
        x[0, 7] = .greatestFiniteMagnitude
        x[0, 8] = .infinity
        #expect(x.firstNonFinite(on: workers) == 8)
    }

    @Test func `all numbers are scaled, added, cleared`() {
        let (x, y) = (normal(30, 2000, seed: 1), normal(30, 2000, seed: 2))
        let before = numbers(x)
        x.scale(by: 2, on: workers)
        x.add(y, on: workers)
        #expect(numbers(x) == zip(before, numbers(y)).map { $0 * 2 + $1 })
        x.fillWithZeros(on: workers)
        #expect(numbers(x).allSatisfy { $0 == 0 })
    }
}
