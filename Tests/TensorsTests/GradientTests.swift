import Glibc
import Tensors
import Testing

/// Each operation's gradient beside the central differences of the operation.
struct GradientTests {
    private let workers = Workers(count: 2)

    @Test(arguments: [1, 32, 77])
    func `the root mean square norm`(columns: Int) {
        let (x, weight, slope) = (normal(6, columns, seed: 1), normal(1, columns, seed: 2), normal(6, columns, seed: 3))
        let (y, dx, dw) = (zeros(6, columns), normal(6, columns, seed: 4), zeros(1, columns))
        // One column: the norm is the sign, and only its gradient with respect to the weight is not 0.
        RMSNorm.backward(slope, input: x, weight: weight, epsilon: 1e-5, into: dx, weightGradient: dw, on: workers)
        let loss = {
            RMSNorm.forward(x, weight: weight, epsilon: 1e-5, into: y, on: workers)
            return inner(y, slope)
        }
        if columns > 1 { expectGradient(dx, of: x, step: 3e-3, loss: loss) }
        expectGradient(dw, of: weight, loss: loss)
    }

    @Test func `the norm's gradients are added where asked`() {
        let (x, weight, slope) = (normal(3, 20, seed: 1), normal(1, 20, seed: 2), normal(3, 20, seed: 3))
        let (dx, dw, ones) = (zeros(3, 20), zeros(1, 20), lasting(Matrix([[Float](repeating: 1, count: 20)])))
        let sum = normal(3, 20, seed: 4)
        let before = numbers(sum)
        RMSNorm.backward(slope, input: x, weight: weight, epsilon: 0, into: dx, weightGradient: dw, on: workers)
        RMSNorm.backward(
            slope, input: x, weight: weight, epsilon: 0, into: sum, adding: true, weightGradient: ones, on: workers)
        #expect(numbers(sum) == zip(before, numbers(dx)).map { $1 + $0 })
        #expect(zip(numbers(ones), numbers(dw)).allSatisfy { abs($0 - $1 - 1) < 1e-5 })
    }

    @Test func `a norm of every head is that of a reshaped view`() {
        let (x, weight) = (lasting(Matrix([[3, 4, 0, 5]])), lasting(Matrix([[1, 2]])))
        RMSNorm.forward(
            x.reshaped(rows: 2, columns: 2), weight: weight, epsilon: 0, into: x.reshaped(rows: 2, columns: 2),
            on: workers)
        let expected: [Double] = [3 / sqrt(12.5), 8 / sqrt(12.5), 0, 2 * sqrt(2)]
        #expect(zip(numbers(x), expected).allSatisfy { abs(Double($0) - $1) < 1e-6 })
    }

    @Test func `the gated unit`() {
        let (gate, up, slope) = (normal(5, 33, seed: 1), normal(5, 33, seed: 2), normal(5, 33, seed: 3))
        let (y, dGate, dUp) = (zeros(5, 33), zeros(5, 33), zeros(5, 33))
        SwiGLU.backward(slope, gate: gate, up: up, gateGradient: dGate, upGradient: dUp, on: workers)
        let loss = {
            SwiGLU.forward(gate: gate, up: up, into: y, on: workers)
            return inner(y, slope)
        }
        expectGradient(dGate, of: gate, loss: loss)
        expectGradient(dUp, of: up, loss: loss)
        SwiGLU.backward(slope, gate: gate, up: up, gateGradient: gate, upGradient: up, on: workers)
        #expect(bits(gate) == bits(dGate) && bits(up) == bits(dUp))
    }

    @Test func `rotation turns by position, and back`() {
        let table = RotaryTable(positions: 8, dimensions: 6, base: 100)
        let x = normal(10, 16, seed: 1)
        let turned = normal(10, 16, seed: 1)
        table.rotate(turned, sequenceLength: 5, headSize: 8, on: workers)
        for (row, head) in [(0, 0), (5, 8), (3, 8), (9, 0)] {
            for pair in 0..<3 {
                let angle = Double(row % 5) * pow(100, -2 * Double(pair) / 6)
                let (a, b) = (Double(x[row, head + pair]), Double(x[row, head + pair + 3]))
                #expect(abs(Double(turned[row, head + pair]) - (a * cos(angle) - b * sin(angle))) < 1e-6)
                #expect(abs(Double(turned[row, head + pair + 3]) - (a * sin(angle) + b * cos(angle))) < 1e-6)
            }
            #expect(turned[row, head + 6] == x[row, head + 6])
        }
        // <R x, s> = <x, Rᵀ s>
        let slope = normal(10, 16, seed: 2)
        let back = normal(10, 16, seed: 2)
        table.rotateBack(back, sequenceLength: 5, headSize: 8, on: workers)
        #expect(abs(inner(turned, slope) - inner(x, back)) < 1e-4)
    }

    @Test func `cross-entropy, ignored targets contributing nothing`() {
        let logits = normal(5, 37, seed: 1)
        let targets = [3, -1, 36, 0, 3]
        let slope = normal(5, 37, seed: 1)
        let loss = CrossEntropy.forwardAndBackward(slope, targets: targets, scale: 0.25, on: workers)
        #expect(loss == CrossEntropy.forward(logits, targets: targets, on: workers))
        expectGradient(slope, of: logits) { CrossEntropy.forward(logits, targets: targets, on: workers) / 4 }
        #expect((0..<37).allSatisfy { slope[1, $0] == 0 })
        let even = lasting(Matrix([[0, 0]]))
        #expect(abs(CrossEntropy.forwardAndBackward(even, targets: [1], scale: 1, on: workers) - log(2)) < 1e-7)
        #expect(numbers(even) == [0.5, -0.5])
    }

    @Test func `embeddings, tokens that occur twice being added`() {
        let (table, slope) = (normal(6, 10, seed: 1), normal(4, 10, seed: 2))
        let (y, dTable) = (zeros(4, 10), zeros(6, 10))
        let tokens = [5, 0, 5, 2]
        Embedding.backward(slope, tokens: tokens, tableGradient: dTable, on: workers)
        expectGradient(dTable, of: table) {
            Embedding.forward(table, tokens: tokens, into: y, on: workers)
            return inner(y, slope)
        }
        #expect((0..<10).allSatisfy { dTable[5, $0] == slope[0, $0] + slope[2, $0] && dTable[1, $0] == 0 })
    }

    @Test func `rows gathered for the experts and combined with weights`() {
        // Token 1 makes no visit, token 2 three.
        let tokens = [2, 0, 2, 3, 2]
        let visits = RowGroups(by: tokens, count: 4)
        #expect(visits.rows == [1, 0, 2, 4, 3] && visits.offsets == [0, 1, 1, 4, 5])
        let (x, slope) = (normal(4, 20, seed: 1), normal(4, 20, seed: 2))
        let weights = lasting(Matrix([[0.5, 2, -1, 3, 0.25]]))
        let (rows, y) = (zeros(5, 20), zeros(4, 20))
        let loss = {
            Dispatch.gather(x, tokens: tokens, into: rows, on: workers)
            y.fillWithZeros(on: workers)
            Dispatch.combine(rows, weights: numbers(weights), visits: visits, addingTo: y, on: workers)
            return inner(y, slope)
        }
        _ = loss()
        let (dRows, dx) = (zeros(5, 20), zeros(4, 20))
        let dWeights = Dispatch.combineBackward(
            slope, visitRows: rows, weights: numbers(weights), tokens: tokens, into: dRows, on: workers)
        Dispatch.gatherBackward(dRows, visits: visits, addingTo: dx, on: workers)
        expectGradient(dx, of: x, loss: loss)
        expectGradient(lasting(Matrix([dWeights])), of: weights, loss: loss)
    }
}
