import Glibc
import Tensors
import Testing

struct RowsTests {
    @Test func `rmsNorm divides by the root of the mean square`() {
        let input = randomMatrix(rows: 9, columns: 77, seed: 1)
        let weight = randomMatrix(rows: 1, columns: 77, seed: 2)
        var result = Matrix(rows: 9, columns: 77)
        input.rmsNorm(weight: weight, epsilon: 1e-5, into: &result, on: Workers(count: 2))
        for row in 0..<9 {
            var squares = 0.0
            for column in 0..<77 { squares += Double(input[row, column]) * Double(input[row, column]) }
            let scale = 1 / sqrt(squares / 77 + 1e-5)
            for column in 0..<77 {
                let expected = Double(input[row, column]) * scale * Double(weight[0, column])
                #expect(abs(Double(result[row, column]) - expected) < 1e-5)
            }
        }
    }

    @Test func `silu of 0 is 0, of a great number itself, of a very negative one almost 0`() {
        var gate = Matrix([[0, 100, -100, 1, -1]])
        var up = Matrix([[3, 2, 5, 1, 1]])
        gate.withView { gate in up.withView { up in gate.siluMultiply(by: up, columns: 0..<4) } }
        #expect(gate[0, 0] == 0)
        #expect(gate[0, 1] == 200)
        #expect(abs(gate[0, 2]) < 1e-30)
        #expect(abs(gate[0, 3] - 0.7310586) < 1e-6)
        #expect(gate[0, 4] == -1)  // outside the columns
    }

    @Test func `silu agrees with Double over its range`() {
        let numbers = (-2000...2000).map { Float($0) / 50 }
        var gate = Matrix([numbers])
        var up = Matrix([[Float](repeating: 1, count: numbers.count)])
        gate.withView { gate in up.withView { up in gate.siluMultiply(by: up, columns: 0..<numbers.count) } }
        for (column, number) in numbers.enumerated() {
            let expected = Double(number) / (1 + exp(-Double(number)))
            #expect(abs(Double(gate[0, column]) - expected) <= 3e-7 * abs(expected))
        }
    }

    @Test func `softmax sums to 1 and agrees with Double`() {
        for count in [1, 8, 16, 77, 1000] {
            let numbers = normalNumbers(count, seed: UInt64(count), deviation: 5)
            var result = numbers
            var span = result.mutableSpan
            span.softmax()
            let most = Double(numbers.max()!)
            let total = numbers.reduce(0) { $0 + exp(Double($1) - most) }
            for (value, number) in zip(result, numbers) {
                #expect(abs(Double(value) - exp(Double(number) - most) / total) < 1e-6)
            }
            #expect(abs(result.reduce(0, +) - 1) < 1e-5)
        }
    }

    @Test func `softmax gives minus infinity no share`() {
        var numbers: [Float] = [0, -.infinity, 0, -200]
        var span = numbers.mutableSpan
        span.softmax()
        #expect(numbers == [0.5, 0, 0.5, 0])
    }

    @Test func `the logarithm of a softmax`() {
        let numbers = normalNumbers(1003, seed: 3, deviation: 4)
        let total = log(numbers.reduce(0) { $0 + exp(Double($1)) })
        let result = numbers.span.logSoftmax(at: 1002)
        #expect(abs(result - (Double(numbers[1002]) - total)) < 1e-6)
        let evenOdds = Matrix([[0, 0]]).withRow(0) { $0.logSoftmax(at: 1) }
        #expect(abs(evenOdds + log(2)) < 1e-7)
    }

    @Test func `the greatest number is the first of several`() {
        let index = Matrix([[1, 3, 2, 3]]).withRow(0) { $0.indexOfGreatest() }
        #expect(index == 1)
    }

    @Test func `rows are added, and added with a weight`() {
        var sum = Matrix([[1, 2, 3], [4, 5, 6]])
        sum.add(Matrix([[1, 1, 1], [2, 2, 2]]))
        let other = Matrix([[0, 0, 0], [2, 4, 8]])
        sum.withView { $0.add(row: 1, of: other, times: 0.5, to: 0) }
        #expect(bits(sum) == bits(Matrix([[3, 5, 8], [6, 7, 8]])))
    }
}
