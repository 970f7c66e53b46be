/// Experts in the order in which they were last used: a ring through a place of its own, which stands for none of them.
struct RecencyList {
    private(set) var count = 0
    /// −1 for what is not in the list.
    private var newer: [Int32]
    private var older: [Int32]
    private let end: Int

    init(pool: Int) {
        newer = [Int32](repeating: -1, count: pool + 1)
        older = newer
        end = pool
        newer[end] = Int32(end)
        older[end] = Int32(end)
    }

    /// Makes an expert the newest; false if it is not in the list.
    mutating func touch(_ expert: UInt32) -> Bool {
        guard newer[Int(expert)] >= 0 else { return false }
        unlink(Int(expert))
        link(Int(expert))
        return true
    }

    mutating func insert(_ expert: UInt32) {
        link(Int(expert))
        count += 1
    }

    mutating func removeOldest() {
        let oldest = Int(newer[end])
        unlink(oldest)
        newer[oldest] = -1
        count -= 1
    }

    private mutating func link(_ expert: Int) {
        let newest = Int(older[end])
        newer[newest] = Int32(expert)
        older[expert] = Int32(newest)
        newer[expert] = Int32(end)
        older[end] = Int32(expert)
    }

    private mutating func unlink(_ expert: Int) {
        newer[Int(older[expert])] = newer[expert]
        older[Int(newer[expert])] = older[expert]
    }
}
