import Tensors

#if canImport(Glibc)
    import Glibc
#endif

/// Digits, and the same in order: `sort 5 3 9 1: 1 3 5 9`.
struct Sorting: ToyDomain {
    let name = "sorting"
    private static let lengths = 3...8

    var entropy: DocumentEntropy {
        let mean = Double(Self.lengths.lowerBound + Self.lengths.upperBound) / 2
        // "sort", a space and a digit for each, a colon, a space and a digit for each.
        return DocumentEntropy(
            nats: log(Double(Self.lengths.count)) + mean * log(10), characters: 5 + 4 * mean)
    }

    func write(into text: inout [UInt8], using random: inout RandomNumbers) -> Double {
        let count = Int.random(in: Self.lengths, using: &random)
        let digits = (0..<count).map { _ in Int.random(in: 0..<10, using: &random) }
        func list(_ digits: [Int]) -> String { digits.map { " \($0)" }.joined() }
        text += "sort\(list(digits)):\(list(digits.sorted()))".utf8
        return log(Double(Self.lengths.count)) + Double(count) * log(10)
    }
}

/// Letters, once more or backwards: `copy xkqz: xkqz`, `turn xkqz: zqkx`.
struct Copying: ToyDomain {
    let name = "copying"
    private static let lengths = 3...10
    private static let letters = Array("abcdefghijklmnopqrstuvwxyz".utf8)

    var entropy: DocumentEntropy {
        let mean = Double(Self.lengths.lowerBound + Self.lengths.upperBound) / 2
        let letter = log(Double(Self.letters.count))
        return DocumentEntropy(
            nats: log(2) + log(Double(Self.lengths.count)) + mean * letter, characters: 7 + 2 * mean)
    }

    func write(into text: inout [UInt8], using random: inout RandomNumbers) -> Double {
        let isTurned = Bool.random(using: &random)
        let count = Int.random(in: Self.lengths, using: &random)
        let word = (0..<count).map { _ in Self.letters[Int.random(in: 0..<Self.letters.count, using: &random)] }
        text += (isTurned ? "turn " : "copy ").utf8 + word + ": ".utf8 + (isTurned ? word.reversed() : word)
        return log(2) + log(Double(Self.lengths.count)) + Double(count) * log(Double(Self.letters.count))
    }
}

/// Eight numbers at equal distances: `7 10 13 16 19 22 25 28`.
struct Counting: ToyDomain {
    let name = "counting"
    private static let starts = 0..<100
    private static let steps = 1..<10
    private static let count = 8

    var entropy: DocumentEntropy {
        let lengths = Self.starts.flatMap { start in Self.steps.map { Self.text(start, $0).utf8.count } }
        return DocumentEntropy(
            nats: log(Double(lengths.count)), characters: Double(lengths.reduce(0, +)) / Double(lengths.count))
    }

    func write(into text: inout [UInt8], using random: inout RandomNumbers) -> Double {
        let start = Int.random(in: Self.starts, using: &random)
        text += Self.text(start, Int.random(in: Self.steps, using: &random)).utf8
        return log(Double(Self.starts.count * Self.steps.count))
    }

    private static func text(_ start: Int, _ step: Int) -> String {
        (0..<count).map { "\(start + $0 * step)" }.joined(separator: " ")
    }
}
