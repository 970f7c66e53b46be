import Tensors
import Testing

struct DenseProductTests {
    @Test func `two by two`() {
        let result = zeros(2, 2)
        let a = lasting(Matrix([[1, 2], [3, 4]]))
        let b = lasting(Matrix([[5, 6], [7, 8]]))
        let workers = Workers(count: 1)
        workers.multiply(a, by: b, into: result)
        #expect(numbers(result) == [19, 22, 43, 50])
        // aᵀ b = [[1, 3], [2, 4]] · [[5, 6], [7, 8]] = [[26, 30], [38, 44]]
        workers.multiply(a, transposed: true, by: b, into: result, adding: true)
        #expect(numbers(result) == [45, 52, 81, 94])
    }

    @Test(arguments: [(false, false), (false, true), (true, false), (true, true)])
    func `outputs are chains of fused multiply-adds at every shape`(transposed: (Bool, Bool)) {
        let shapes: [(Int, Int, Int)] = [
            (1, 1, 1), (3, 67, 5), (12, 32, 16), (13, 33, 17), (50, 300, 40), (300, 20, 300), (1, 64, 513),
        ]
        for (m, n, k) in shapes {
            for adds in [false, true] {
                let left = transposed.0 ? normal(k, m, seed: 1) : normal(m, k, seed: 1)
                let right = transposed.1 ? normal(n, k, seed: 2) : normal(k, n, seed: 2)
                let result = normal(m, n, seed: 3)
                var expected = bits(result)
                for row in 0..<m {
                    for column in 0..<n {
                        var sum: Float = adds ? result[row, column] : 0
                        for inner in 0..<k {
                            let a = transposed.0 ? left[inner, row] : left[row, inner]
                            let b = transposed.1 ? right[column, inner] : right[inner, column]
                            sum.addProduct(a, b)
                        }
                        expected[row * n + column] = sum.bitPattern
                    }
                }
                Workers(count: 2).multiply(
                    left, transposed: transposed.0, by: right, transposed: transposed.1, into: result, adding: adds)
                #expect(bits(result) == expected, "\(m) × \(n) × \(k)")
            }
        }
    }

    @Test func `several products are one loop, empty ones among them`() {
        let rows = [5, 0, 700, 1]
        let weights = normal(40, 24, seed: 1)
        let inputs = rows.indices.map { normal(rows[$0], 24, seed: UInt64($0)) }
        func products(threads: Int) -> [[UInt32]] {
            let results = rows.map { zeros($0, 40) }
            Workers(count: threads).multiply(
                rows.indices.map { .init(inputs[$0], by: weights, transposed: true, into: results[$0]) })
            return results.map { bits($0) }
        }
        let alone = rows.indices.map { index in
            let result = zeros(rows[index], 40)
            Workers(count: 1).multiply(inputs[index], by: weights, transposed: true, into: result)
            return bits(result)
        }
        for threads in [1, 2, 5] { #expect(products(threads: threads) == alone) }
    }

    @Test func `a sum over no rows is 0, or what was there`() {
        let result = lasting(Matrix([[1, 2], [3, 4]]))
        let nothing = zeros(0, 2)
        Workers(count: 1).multiply(nothing, transposed: true, by: nothing, into: result, adding: true)
        #expect(numbers(result) == [1, 2, 3, 4])
        Workers(count: 1).multiply(nothing, transposed: true, by: nothing, into: result)
        #expect(numbers(result) == [0, 0, 0, 0])
    }

    @Test func `its gradients are products`() {
        let (x, w) = (normal(7, 9, seed: 1), normal(5, 9, seed: 2))
        let (y, slope) = (zeros(7, 5), normal(7, 5, seed: 3))
        let (dx, dw) = (zeros(7, 9), zeros(5, 9))
        let workers = Workers(count: 2)
        workers.multiply([.init(slope, by: w, into: dx), .init(slope, transposed: true, by: x, into: dw, adding: true)])
        let loss: () -> Double = {
            workers.multiply(x, by: w, transposed: true, into: y)
            return inner(y, slope)
        }
        expectGradient(dx, of: x, loss: loss)
        expectGradient(dw, of: w, loss: loss)
    }
}
