import Glibc
import Tensors
import Testing

struct RotaryTests {
    @Test(arguments: [Rotary.Pairing.adjacent, .halves])
    func `pairs turn by the position times their frequency`(pairing: Rotary.Pairing) {
        let (headSize, dimensions) = (12, 8)
        let input = randomMatrix(rows: 3, columns: 2 * headSize, seed: 1)
        var output = randomMatrix(rows: 3, columns: 2 * headSize, seed: 1)
        var rotary = Rotary(capacity: 4, dimensions: dimensions, base: 10_000, pairing: pairing)
        rotary.turn(to: 5..<8)
        rotary.rotate(&output, headSize: headSize)
        for row in 0..<3 {
            for head in [0, headSize] {
                for pair in 0..<4 {
                    let angle = Double(5 + row) * pow(10_000, -2 * Double(pair) / 8)
                    let (i, j) = pairing == .adjacent ? (2 * pair, 2 * pair + 1) : (pair, pair + 4)
                    let (x, y) = (Double(input[row, head + i]), Double(input[row, head + j]))
                    #expect(abs(Double(output[row, head + i]) - (x * cos(angle) - y * sin(angle))) < 3e-6)
                    #expect(abs(Double(output[row, head + j]) - (x * sin(angle) + y * cos(angle))) < 3e-6)
                }
                for rest in dimensions..<headSize { #expect(output[row, head + rest] == input[row, head + rest]) }
            }
        }
    }

    @Test func `position 0 turns nothing`() {
        let input = randomMatrix(rows: 1, columns: 64, seed: 2)
        var output = randomMatrix(rows: 1, columns: 64, seed: 2)
        var rotary = Rotary(capacity: 1, dimensions: 64, base: 1e6, pairing: .halves)
        rotary.turn(to: 0..<1)
        rotary.rotate(&output, headSize: 64)
        #expect(bits(output) == bits(input))
    }
}
