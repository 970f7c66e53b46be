import Tensors
import Testing

struct RandomNumbersTests {
    @Test func `numbers are normal`() {
        let numbers = normalNumbers(1_000_000, seed: 7, deviation: 2)
        func moment(_ power: Int) -> Double {
            numbers.reduce(0) { sum, number in
                sum + (0..<power).reduce(1) { product, _ in product * Double(number) / 2 }
            } / 1_000_000
        }
        #expect(abs(moment(1)) < 0.005)
        #expect(abs(moment(2) - 1) < 0.01)
        #expect(abs(moment(3)) < 0.02)
        #expect(abs(moment(4) - 3) < 0.05)
        let beyond = numbers.count { abs($0) > 2 * 3.6541528 }
        #expect((200...320).contains(beyond))  // 258 of a million
    }

    @Test func `seed and stream decide`() {
        func first(_ seed: UInt64, _ stream: UInt64) -> UInt64 {
            var random = RandomNumbers(seed: seed, stream: stream)
            return random.next()
        }
        #expect(first(1, 2) == first(1, 2))
        #expect(Set((0..<10).flatMap { seed in (0..<10).map { first(seed, $0) } }).count == 100)
    }
}
