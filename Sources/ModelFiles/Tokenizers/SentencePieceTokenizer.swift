/// SentencePiece's byte-pair encoding (Kudo and Richardson, 2018, arXiv 1808.06226), id for id as release 0.2.3 has it.
package struct SentencePieceTokenizer: Tokenizer {
    /// SentencePiece refuses pieces of so many bytes, and thereby bounds the work per character.
    static let pieceLengthLimit = 8000
    static let space = Array("\u{2581}".utf8)
    /// Bytes of a text from which on its words are remembered.
    private static let wordsPay = 1 << 10

    package let description: TokenizerDescription
    /// Finds the pieces that a text can contain: normal, user-defined and unused ones.
    let table: PieceTable
    let userDefined: PieceTrie
    let control: PieceTrie
    /// The ids of the 256 byte pieces, or none.
    private let byteIDs: [Int]
    /// Cuts texts into words that are encoded by themselves. None where a piece is unused: how such a piece is taken
    /// apart depends on the whole text.
    private let cutter: WordCutter?

    /// Throws a `TokenizerError` if the description contradicts itself.
    package init(_ description: TokenizerDescription) throws(TokenizerError) {
        try Self.check(description)
        self.description = description
        let kinds = description.kinds
        table = PieceTable(description.pieces) { [.normal, .userDefined, .unused].contains(kinds[$0]) }
        userDefined = Self.trie(of: .userDefined, kinds: kinds, table: table)
        control = Self.trie(of: .control, kinds: kinds, table: table)
        byteIDs = Self.byteIDs(in: description)
        let found = kinds.indices.filter { [.normal, .userDefined].contains(kinds[$0]) }
        cutter = kinds.contains(.unused) ? nil : WordCutter(pieces: found.map { description.pieces[$0] })
        guard description.unknownID != nil || !byteIDs.isEmpty else {
            throw Self.contradiction("neither an unknown piece nor 256 byte pieces, so some texts have no ids")
        }
    }

    package func encode(_ text: some Collection<UInt8>) -> [Int] {
        let text = normalized(Array(text))
        return words(of: text) ?? whole(text)
    }

    /// The ids of a normalized text, word by word; nil where it cannot be cut, or is too short to be worth it.
    private func words(of text: [UInt8]) -> [Int]? {
        guard let cutter, text.count >= Self.wordsPay else { return nil }
        let encode = { (word: ArraySlice<UInt8>) in whole(Array(word)) }
        var memory = WordMemory()
        var ids: [Int] = []
        ids.reserveCapacity(text.count / 3)
        // A run of unknown pieces is one, across words too.
        let lonely = byteIDs.isEmpty ? description.unknownID ?? -1 : -1
        do {
            try cutter.forEachWord(in: text) { range in
                var word = memory.ids(of: range, in: text, encode: encode)
                if let first = word.first, first == lonely, ids.last == lonely { word = word.dropFirst() }
                for id in word { ids.append(Int(id)) }
            }
        } catch {
            return nil
        }
        return ids
    }

    /// The ids of a normalized text or word.
    private func whole(_ text: [UInt8]) -> [Int] {
        var ids: [Int] = []
        var isAfterUnknown = false
        for part in merged(text) {
            if let id = part.id {
                ids.append(id)
            } else if !byteIDs.isEmpty {
                ids += text[part.range].map { byteIDs[Int($0)] }
            } else if let unknown = description.unknownID, !isAfterUnknown {
                ids.append(unknown)  // a run of unknown pieces is one
            }
            isAfterUnknown = part.id == nil
        }
        return ids
    }

    /// The pieces of a normalized text or word; nil is the id of what is in none.
    func merged(_ text: [UInt8]) -> [(range: Range<Int>, id: Int?)] {
        var merge = BytePairMerge(text, parts: parts(of: text), table: table, description: description)
        let ranges = merge.run()
        return ranges.flatMap { resegmented($0, of: text, splits: merge.splits) }
    }

    /// Whether characters can become the unknown piece.
    var hasUnknown: Bool { byteIDs.isEmpty }

    /// The words of a normalized text, or all of it where it cannot be cut.
    func wordRanges(of text: [UInt8]) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        guard let cutter, (try? cutter.forEachWord(in: text) { ranges.append($0) }) != nil else {
            return [text.indices]
        }
        return ranges
    }

    package func encode(_ text: some Collection<UInt8>, parsingSpecial: Bool) -> [Int] {
        guard parsingSpecial, !control.isEmpty else { return encode(text) }
        let text = Array(text)
        var ids: [Int] = []
        var (start, index) = (0, 0)
        while index < text.count {
            guard let match = control.longestMatch(in: text, at: index) else {
                index += 1
                continue
            }
            ids += encode(text[start..<index])
            ids.append(match.id)
            index += match.length
            start = index
        }
        return ids + encode(text[start...])
    }

    package func bytes(of token: Int, isFirst: Bool) -> [UInt8] {
        guard description.pieces.indices.contains(token) else { return [] }
        switch description.kinds[token] {
        case .control: return []
        case .unknown: return Array(description.unknownSurface.utf8)
        case .byte: return [Self.byte(named: description.pieces[token])!]  // checked when the tokenizer was made
        case .normal, .userDefined, .unused: break
        }
        var piece = table[token]
        if isFirst, description.addsSpacePrefix || description.removesExtraSpaces, piece.starts(with: Self.space) {
            piece = piece.dropFirst(Self.space.count)
        }
        return Self.unescaped(piece)
    }

    package func controlID(_ piece: String) -> Int? {
        let bytes = Array(piece.utf8)
        guard let match = control.longestMatch(in: bytes, at: 0), match.length == bytes.count else { return nil }
        return match.id
    }

    /// The value of a byte piece: 10 for `<0x0A>`.
    static func byte(named piece: String) -> UInt8? {
        let name = Array(piece.utf8)
        guard name.count == 6, name.starts(with: "<0x".utf8), name[5] == UInt8(ascii: ">") else { return nil }
        guard let high = digit(name[3]), let low = digit(name[4]) else { return nil }
        return high << 4 | low
    }

    private static func digit(_ character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

extension SentencePieceTokenizer {
    private static func check(_ description: TokenizerDescription) throws(TokenizerError) {
        guard description.kind == .sentencePieceBPE else {
            throw contradiction("a list of merges, where SentencePiece has scores")
        }
        let count = description.pieces.count
        guard description.scores.count == count, description.kinds.count == count, count < Int(Int32.max) else {
            throw contradiction(
                "\(count) pieces, \(description.scores.count) scores and \(description.kinds.count) kinds")
        }
        let ids = [description.unknownID, description.beginningID].compactMap(\.self) + description.endIDs
        if let stray = ids.first(where: { !(0..<count).contains($0) }) {
            throw contradiction("the special id \(stray), where there are \(count) pieces")
        }
        if let long = description.pieces.firstIndex(where: { $0.utf8.count >= pieceLengthLimit }) {
            throw contradiction("piece \(long) has \(pieceLengthLimit) bytes or more")
        }
        let total = description.pieces.reduce(0) { $0 + $1.utf8.count }
        guard total < Int(Int32.max) else { throw contradiction("\(total) bytes of pieces") }
        let bytes = description.pieces.indices.filter { description.kinds[$0] == .byte }
        if let stray = bytes.first(where: { byte(named: description.pieces[$0]) == nil }) {
            throw contradiction(
                "piece \(stray), \(description.pieces[stray].debugDescription), is a byte without a value")
        }
    }

    private static func contradiction(_ finding: String) -> TokenizerError {
        TokenizerError(
            attempt: "make a tokenizer from the model's vocabulary", finding: finding,
            wayOut: "Convert or download the model again.")
    }

    private static func trie(
        of kind: TokenizerDescription.PieceKind, kinds: [TokenizerDescription.PieceKind], table: PieceTable
    ) -> PieceTrie {
        var trie = PieceTrie()
        for id in kinds.indices where kinds[id] == kind { trie.insert(table[id], id: id) }
        return trie
    }

    static func byteIDs(in description: TokenizerDescription) -> [Int] {
        var ids: [UInt8: Int] = [:]
        for id in description.pieces.indices where description.kinds[id] == .byte {
            ids[byte(named: description.pieces[id])!] = id  // checked before
        }
        return ids.count == 256 ? (0...255).map { ids[$0]! } : []
    }

    static func unescaped(_ piece: ArraySlice<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = piece
        while let byte = rest.first {
            let isSpace = rest.starts(with: space)
            bytes.append(isSpace ? UInt8(ascii: " ") : byte)
            rest = rest.dropFirst(isSpace ? space.count : 1)
        }
        return bytes
    }
}
