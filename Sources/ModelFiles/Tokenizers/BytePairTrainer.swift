/// Learns a byte-pair vocabulary (Sennrich et al., 2016, arXiv 1508.07909) in the manner of SentencePiece: pieces hold
/// letters or punctuation with at most one space in front, digits and line ends stand alone, and what is in no piece is
/// spelled in bytes.
///
/// The same text gives the same vocabulary: of pairs that are as frequent, the one whose pieces are older goes first.
package struct BytePairTrainer {
    private let cutter = WordCutter.words
    private var words = WordTable()
    private var counts: [Int] = []

    /// The smallest vocabulary: special pieces, bytes, and one more.
    package static let smallest = TokenizerDescription.specialPieces.count + 256 + 1
    /// Characters of the longest piece, as in SentencePiece.
    private static let pieceLength = 16
    /// Words that are counted; what is new after so many is left out.
    private static let wordLimit = 1 << 22

    package init() {}

    /// Counts the words of a part of the text, which should begin and end where words do.
    package mutating func add(_ text: [UInt8]) throws(MalformedText) {
        try cutter.forEachWord(in: text) { range in
            guard words.count < Self.wordLimit else { return }
            let (word, isNew) = words.number(of: range, in: text)
            if isNew { counts.append(0) }
            counts[word] += 1
        }
    }

    /// The vocabulary of at most `size` pieces; fewer when no pair comes twice any more.
    package func description(size: Int) -> TokenizerDescription {
        precondition(size >= Self.smallest, "a vocabulary of \(size) pieces")
        let room = size - (Self.smallest - 1)
        let (characters, spelling, lengths) = spelled(limit: room)
        var merges = PairMerges(symbols: spelling, lengths: lengths, counts: counts)
        var pieces = characters.map { [$0] }
        var symbols = Dictionary(uniqueKeysWithValues: pieces.enumerated().map { ($1, $0) })
        let reserved = Set(TokenizerDescription.specialPieces + TokenizerDescription.bytePieces)
        var learned: [String] = []
        while learned.count < room - characters.count, let pair = merges.best() {
            let piece = pieces[pair.left] + pieces[pair.right]
            guard piece.count <= Self.pieceLength, !reserved.contains(Self.text(piece)) else {
                continue  // best() does not give it again before its count grows
            }
            if let symbol = symbols[piece] {  // the same letters, joined in another order
                merges.merge(pair, into: symbol)
                continue
            }
            merges.merge(pair, into: pieces.count)
            symbols[piece] = pieces.count
            pieces.append(piece)
            learned.append(Self.text(piece))
        }
        return .trained(learned + characters.map { Self.text([$0]) }, bytes: true)
    }

    /// The most frequent characters, and all words spelled in their indices; -1 stands for one that is left out.
    private func spelled(limit: Int) -> (characters: [Unicode.Scalar], spelling: [Int32], lengths: [Int]) {
        var frequency: [Unicode.Scalar: Int] = [:]
        var ids: [Unicode.Scalar: Int32] = [:]
        var (spelling, lengths): ([Int32], [Int]) = ([], [])
        for word in 0..<words.count {
            let before = spelling.count
            for scalar in String(decoding: words[word], as: UTF8.self).unicodeScalars {
                let scalar = scalar == " " ? TokenizerDescription.space : scalar
                frequency[scalar, default: 0] += counts[word]
                let id = ids[scalar] ?? Int32(ids.count)
                ids[scalar] = id
                spelling.append(id)
            }
            lengths.append(spelling.count - before)
        }
        frequency["\u{0}"] = nil  // SentencePiece has no pieces with it: it stays a byte
        let characters = frequency.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(limit).map(\.key)
        var order = Array(repeating: Int32(-1), count: ids.count)
        for (index, character) in characters.enumerated() { order[Int(ids[character]!)] = Int32(index) }
        return (characters, spelling.map { order[Int($0)] }, lengths)
    }

    private static func text(_ piece: [Unicode.Scalar]) -> String {
        var text = ""
        text.unicodeScalars.append(contentsOf: piece)
        return text
    }
}
