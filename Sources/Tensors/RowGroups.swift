/// Rows grouped by a key: the tokens of each id, the visits of each token.
package struct RowGroups: Sendable {
    /// All rows, those of key 0 first.
    package let rows: [Int]
    /// The rows of key i are `rows[offsets[i]..<offsets[i + 1]]`.
    package let offsets: [Int]

    package init(rows: [Int], offsets: [Int]) {
        precondition(offsets.first == 0 && offsets.last == rows.count, "\(rows.count) rows up to \(offsets.last ?? 0)")
        self.rows = rows
        self.offsets = offsets
    }

    /// Groups the rows by their keys, all below `count`; rows of one key stay in order (a counting sort).
    package init(by keys: [Int], count: Int) {
        var offsets = [Int](repeating: 0, count: count + 1)
        for key in keys {
            precondition(key >= 0 && key < count, "key \(key) of \(count)")
            offsets[key + 1] += 1
        }
        for key in 0..<count { offsets[key + 1] += offsets[key] }
        var next = offsets
        var rows = [Int](repeating: 0, count: keys.count)
        for (row, key) in keys.enumerated() {
            rows[next[key]] = row
            next[key] += 1
        }
        self.rows = rows
        self.offsets = offsets
    }

    package var count: Int { offsets.count - 1 }

    package subscript(key: Int) -> ArraySlice<Int> { rows[offsets[key]..<offsets[key + 1]] }
}
