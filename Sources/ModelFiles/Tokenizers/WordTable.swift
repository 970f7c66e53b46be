/// Numbers words by their bytes, in the order in which they first come.
struct WordTable {
    private var bytes: [UInt8] = []
    private var starts: [Int] = [0]
    private var hashes: [Int] = []
    /// Open addressing, linear probing, at most half full; -1 is free.
    private var slots: [Int32] = Array(repeating: -1, count: 1 << 10)

    var count: Int { hashes.count }

    subscript(word: Int) -> ArraySlice<UInt8> { bytes[starts[word]..<starts[word + 1]] }

    /// The number of a part of a text, and whether it is new.
    mutating func number(of range: Range<Int>, in text: [UInt8]) -> (word: Int, isNew: Bool) {
        var hasher = Hasher()
        text.span.extracting(range).bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
        let hash = hasher.finalize()
        var slot = hash & (slots.count - 1)
        while slots[slot] >= 0 {
            let word = Int(slots[slot])
            if hashes[word] == hash, isEqual(word, to: range, of: text) { return (word, false) }
            slot = (slot + 1) & (slots.count - 1)
        }
        let word = count
        slots[slot] = Int32(word)
        hashes.append(hash)
        bytes += text[range]
        starts.append(bytes.count)
        if count * 2 > slots.count { grow() }
        return (word, true)
    }

    private func isEqual(_ word: Int, to range: Range<Int>, of text: [UInt8]) -> Bool {
        let start = starts[word]
        guard starts[word + 1] - start == range.count else { return false }
        for offset in 0..<range.count where bytes[start + offset] != text[range.lowerBound + offset] { return false }
        return true
    }

    private mutating func grow() {
        slots = Array(repeating: -1, count: slots.count * 2)
        for (word, hash) in hashes.enumerated() {
            var slot = hash & (slots.count - 1)
            while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = Int32(word)
        }
    }
}
