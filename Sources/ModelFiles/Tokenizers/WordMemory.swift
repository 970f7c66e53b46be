/// The ids of words that have been encoded once.
struct WordMemory {
    private var words = WordTable()
    /// The ids of all known words, one after the other; word `n` ends where `n + 1` starts.
    private var ids: [Int32] = []
    private var starts: [Int] = [0]

    /// Words that are remembered at most, and bytes of one.
    private static let wordLimit = 1 << 20
    private static let lengthLimit = 1 << 8

    /// The ids of a word, which is a part of a text.
    mutating func ids(
        of range: Range<Int>, in text: [UInt8], encode: (ArraySlice<UInt8>) -> [Int]
    ) -> ArraySlice<Int32> {
        guard range.count <= Self.lengthLimit else { return encode(text[range]).map(Int32.init)[...] }
        if words.count >= Self.wordLimit { self = WordMemory() }
        let (word, isNew) = words.number(of: range, in: text)
        if isNew {
            ids += encode(text[range]).map(Int32.init)
            starts.append(ids.count)
        }
        return ids[starts[word]..<starts[word + 1]]
    }
}
