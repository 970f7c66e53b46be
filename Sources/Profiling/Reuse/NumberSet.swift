/// A set of numbers that knows its greatest: a bit for each number, above it a bit for each 64 that are not all clear,
/// and so on up to a single word.
struct NumberSet {
    private var words: [UInt64]
    /// Where the words of each level begin, the numbers' own first.
    private let levels: [Int]

    init(below limit: Int) {
        var levels = [0]
        var (size, words) = (limit, 0)
        repeat {
            size = (size + 63) / 64
            words += size
            levels.append(words)
        } while size > 1
        self.levels = levels.dropLast()
        self.words = [UInt64](repeating: 0, count: words)
    }

    mutating func insert(_ number: Int) {
        var position = number
        for level in levels {
            let word = level + position / 64
            let wasClear = words[word] == 0
            words[word] |= 1 << UInt64(position % 64)
            guard wasClear else { return }
            position /= 64
        }
    }

    /// False if it is not there.
    mutating func remove(_ number: Int) -> Bool {
        guard words[number / 64] >> UInt64(number % 64) & 1 == 1 else { return false }
        var position = number
        for level in levels {
            let word = level + position / 64
            words[word] &= ~(1 << UInt64(position % 64))
            guard words[word] == 0 else { break }
            position /= 64
        }
        return true
    }

    /// The set must not be empty.
    mutating func removeGreatest() {
        var position = 0
        for level in levels.reversed() {
            position = position * 64 + 63 - words[level + position].leadingZeroBitCount
        }
        _ = remove(position)
    }
}
