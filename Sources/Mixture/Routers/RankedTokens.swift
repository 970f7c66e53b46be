/// Tokens (or other numbered things) in the order of their scores: the highest first, of equal scores the lower number.
///
/// A score and its number are one 64-bit key, so that no two are equal and any way to sort gives the same order.
struct RankedTokens {
    private var keys: [UInt64]

    /// What is not a number ranks lowest.
    init(_ scores: some Sequence<Float>) {
        keys = scores.enumerated().map { Self.key($1, $0) }
    }

    /// Tokens that have the scores of `scores`.
    init(_ tokens: [Int], scores: (Int) -> Float) {
        keys = tokens.map { Self.key(scores($0), $0) }
    }

    private static func key(_ score: Float, _ token: Int) -> UInt64 {
        guard !score.isNaN else { return 0xffff_ffff_0000_0000 | UInt64(token) }
        let bits = (score + 0).bitPattern  // −0 becomes 0
        let ascending = bits & 0x8000_0000 != 0 ? ~bits : bits | 0x8000_0000
        return UInt64(~ascending) << 32 | UInt64(token)
    }

    var count: Int { keys.count }

    /// All of them, the best first.
    var sorted: [Int] { keys.sorted().map { Int($0 & 0xffff_ffff) } }

    /// The token of a rank, once ``select(_:)`` has put it there.
    subscript(rank: Int) -> Int { Int(keys[rank] & 0xffff_ffff) }

    /// The best, lowest token first.
    mutating func best(_ count: Int) -> [Int] {
        guard count < keys.count else { return (0..<keys.count).map { self[$0] }.sorted() }
        select(count)
        return (0..<count).map { self[$0] }.sorted()
    }

    /// Puts the token of a rank at its place, better ones before it and others behind (Hoare's quickselect).
    mutating func select(_ rank: Int) {
        precondition(keys.indices.contains(rank), "rank \(rank) of \(keys.count)")
        var (low, high) = (0, keys.count - 1)
        while low < high {
            let pivot = medianOfThree(low, high)
            var (left, right) = (low, high)
            while left <= right {
                while keys[left] < pivot { left += 1 }
                while keys[right] > pivot { right -= 1 }
                if left <= right {
                    keys.swapAt(left, right)
                    left += 1
                    right -= 1
                }
            }
            if rank <= right {
                high = right
            } else if rank >= left {
                low = left
            } else {
                return
            }
        }
    }

    private func medianOfThree(_ low: Int, _ high: Int) -> UInt64 {
        let (a, b, c) = (keys[low], keys[low + (high - low) / 2], keys[high])
        return max(min(a, b), min(max(a, b), c))
    }
}
