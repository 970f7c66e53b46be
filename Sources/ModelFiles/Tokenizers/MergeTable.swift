/// What two neighboring pieces become and how soon, by their ids.
///
/// Open addressing with a seeded hash, so that no file can make its merges collide.
struct MergeTable: Sendable {
    struct Merge {
        /// Lower ones go first.
        let rank: Int32
        let id: Int32
    }

    private var keys: [UInt64]
    private var merges: [UInt64]
    private let seed = UInt64.random(in: .min ... .max) | 1
    private static let free = UInt64.max

    init(capacity: Int) {
        var size = 16
        while size < capacity * 2 { size *= 2 }
        keys = Array(repeating: Self.free, count: size)
        merges = Array(repeating: 0, count: size)
    }

    /// Of two merges of the same pieces the later one counts, as in Hugging Face's tokenizers.
    mutating func insert(_ left: Int32, _ right: Int32, rank: Int, id: Int) {
        let slot = slot(of: Self.key(left, right))
        keys[slot] = Self.key(left, right)
        merges[slot] = UInt64(UInt32(truncatingIfNeeded: rank)) << 32 | UInt64(UInt32(truncatingIfNeeded: id))
    }

    subscript(left: Int32, right: Int32) -> Merge? {
        guard left >= 0, right >= 0 else { return nil }
        let slot = slot(of: Self.key(left, right))
        guard keys[slot] != Self.free else { return nil }
        return Merge(
            rank: Int32(truncatingIfNeeded: merges[slot] >> 32), id: Int32(truncatingIfNeeded: merges[slot]))
    }

    private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
    }

    private func slot(of key: UInt64) -> Int {
        var hash = (key ^ seed) &* 0x9E37_79B9_7F4A_7C15
        hash = (hash ^ hash >> 32) &* seed
        var slot = Int(truncatingIfNeeded: hash >> 20) & (keys.count - 1)
        while keys[slot] != Self.free, keys[slot] != key { slot = (slot + 1) & (keys.count - 1) }
        return slot
    }
}
