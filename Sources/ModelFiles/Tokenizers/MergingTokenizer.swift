/// Byte-pair encoding by a list of merges, of bytes (Radford et al., 2019) or of characters, id for id as Hugging Face's
/// tokenizers do it.
package struct MergingTokenizer: Tokenizer {
    package let description: TokenizerDescription
    private let rules: MergeRules
    /// The pieces by the bytes they stand for in a text.
    private let pieces: PieceTable
    private let merges: MergeTable
    /// The id of each byte, or -1.
    private let byteIDs: [Int32]
    /// Whether characters can be in no piece.
    private let hasUnknown: Bool
    private let plain: Search
    private let withControl: Search
    private let normalization: TextPreparation
    private let preparation: TextPreparation
    private let splitter: WordSplitter

    /// Added pieces in the text as it is, and in the normalized text.
    private struct Search {
        var raw = AddedPieces()
        var normalized = AddedPieces()
    }

    /// Bytes of a text from which on its words are remembered.
    private static let wordsPay = 1 << 8
    private static let unknown: Int32 = -1

    /// Throws a `TokenizerError` if the description contradicts itself or asks for what is not known.
    package init(_ description: TokenizerDescription) throws(TokenizerError) {
        let rules = try Self.checked(description)
        self.description = description
        self.rules = rules
        let kinds = description.kinds
        let isByteLevel = description.kind == .byteLevelBPE
        let bytes = description.pieces.indices.map { id in
            isByteLevel && kinds[id] == .normal ? ByteAlphabet.bytes(of: description.pieces[id]) : nil
        }
        // In the table even where it cannot be found: it is what a token adds to a text.
        pieces = PieceTable(zip(description.pieces, bytes).map { $1 ?? Array($0.utf8) }) { id in
            switch kinds[id] {
            case .normal: !isByteLevel || bytes[id] != nil
            case .userDefined: !isByteLevel
            case .byte, .unknown, .control, .unused: false
            }
        }
        merges = try Self.table(of: rules, description)
        byteIDs = Self.byteIDs(description, pieces)
        let ids = byteIDs
        // Bytes that no text in UTF-8 has are often missing.
        hasUnknown = ids.indices.contains { ids[$0] == Self.unknown && ![0xC0, 0xC1].contains($0) && $0 < 0xF5 }
        do throws(UnknownExpression) {
            normalization = try TextPreparation(rules.normalization)
            preparation = try TextPreparation(rules.preparation)
            splitter = try WordSplitter(rules.splits)
        } catch {
            throw Self.contradiction("a regular expression with \(error.finding)")
        }
        plain = Self.search([.userDefined], description, rules, normalization)
        withControl = Self.search([.userDefined, .control, .unknown], description, rules, normalization)
        guard !hasUnknown || description.unknownID != nil || isByteLevel else {
            throw Self.contradiction("neither an unknown piece nor 256 byte pieces, so some texts have no ids")
        }
    }

    package func encode(_ text: some Collection<UInt8>) -> [Int] { encode(text, parsingSpecial: false) }

    package func encode(_ text: some Collection<UInt8>, parsingSpecial: Bool) -> [Int] {
        let text = Self.wellFormed(Array(text))
        let search = parsingSpecial ? withControl : plain
        var memory = text.count >= Self.wordsPay ? WordMemory() : nil
        var ids: [Int] = []
        ids.reserveCapacity(text.count / 4)
        forEachPart(of: text, search) { part in
            switch part {
            case .piece(let id): ids.append(id)
            case .words(let text): encode(words: text, &memory, into: &ids)
            }
        }
        return ids
    }

    private enum Part {
        case piece(Int)
        /// Ready to be cut.
        case words([UInt8])
    }

    private func forEachPart(of text: [UInt8], _ search: Search, _ body: (Part) -> Void) {
        var isAtStart = true
        for outer in search.raw.parts(of: text) {
            guard case .text(let range) = outer else {
                if case .piece(let id) = outer { body(.piece(id)) }
                isAtStart = false
                continue
            }
            let isWhole = range == text.indices
            let normalized = normalization.prepared(isWhole ? text : Array(text[range]), isAtStart: isAtStart)
            for inner in search.normalized.parts(of: normalized) {
                switch inner {
                case .piece(let id): body(.piece(id))
                case .text(let range):
                    let part = range == normalized.indices ? normalized : Array(normalized[range])
                    body(.words(preparation.prepared(part, isAtStart: isAtStart)))
                }
                isAtStart = false
            }
        }
    }

    private func encode(words text: [UInt8], _ memory: inout WordMemory?, into ids: inout [Int]) {
        splitter.forEachWord(in: text.span) { range in
            let word =
                memory?.ids(of: range, in: text, encode: { encode(word: $0).map(Int.init) })
                ?? encode(word: text[range])[...]
            var isAfterUnknown = false
            for id in word {
                if id != Self.unknown {
                    ids.append(Int(id))
                } else if let unknown = description.unknownID, !(isAfterUnknown && rules.fusesUnknown) {
                    ids.append(unknown)
                }
                isAfterUnknown = id == Self.unknown
            }
        }
    }

    /// The ids of a word; -1 is what is in no piece.
    private func encode(word: ArraySlice<UInt8>) -> [Int32] {
        if rules.ignoresMerges, let id = pieces.id(of: word.span) { return [Int32(id)] }
        let symbols =
            description.kind == .byteLevelBPE ? word.map { byteIDs[Int($0)] } : characters(of: word)
        return RankedMerge.merged(symbols, by: merges)
    }

    private func characters(of word: ArraySlice<UInt8>) -> [Int32] {
        var symbols: [Int32] = []
        symbols.reserveCapacity(word.count)
        var index = word.startIndex
        while index < word.endIndex {
            let end = word[(index + 1)...].firstIndex { $0 & 0xC0 != 0x80 } ?? word.endIndex
            if let id = pieces.id(of: word[index..<end].span) {
                symbols.append(Int32(id))
            } else if hasUnknown {
                symbols.append(Self.unknown)
            } else {
                symbols += word[index..<end].map { byteIDs[Int($0)] }
            }
            index = end
        }
        return symbols
    }

    package func bytes(of token: Int, isFirst: Bool) -> [UInt8] {
        guard description.pieces.indices.contains(token) else { return [] }
        switch description.kinds[token] {
        case .control, .unused: return []
        case .unknown: return Array(description.unknownSurface.utf8)
        case .byte: return SentencePieceTokenizer.byte(named: description.pieces[token]).map { [$0] } ?? []
        case .userDefined: return Array(description.pieces[token].utf8)
        case .normal: break
        }
        let piece = pieces[token]
        guard description.kind == .mergedBPE else { return Array(piece) }
        let isDropped = isFirst && description.addsSpacePrefix && piece.starts(with: SentencePieceTokenizer.space)
        return SentencePieceTokenizer.unescaped(isDropped ? piece.dropFirst(3) : piece)
    }

    package func controlID(_ piece: String) -> Int? {
        description.pieces.indices.first {
            [.control, .unknown].contains(description.kinds[$0])
                && description.pieces[$0].utf8.elementsEqual(piece.utf8)
        }
    }

    package func losses(in text: [UInt8], tokens limit: Int) -> TextLosses {
        var losses = TextLosses()
        losses.malformedBytes = SentencePieceTokenizer.malformedBytes(of: text)
        guard hasUnknown, limit > 0 else { return losses }
        var tokens = 0
        forEachPart(of: Self.wellFormed(text), plain) { part in
            guard case .words(let words) = part, tokens < limit else { return }
            splitter.forEachWord(in: words.span) { range in
                guard tokens < limit else { return }
                let ids = encode(word: words[range])
                tokens += ids.count
                guard ids.contains(Self.unknown) else { return }
                for scalar in String(decoding: words[range], as: UTF8.self).unicodeScalars where isUnknown(scalar) {
                    losses.add(scalar)
                }
            }
        }
        losses.removeReplacements()
        return losses
    }

    private func isUnknown(_ scalar: Unicode.Scalar) -> Bool {
        let bytes = Array(String(scalar).utf8)
        guard description.kind == .byteLevelBPE else { return pieces.id(of: bytes.span) == nil }
        return bytes.contains { byteIDs[Int($0)] == Self.unknown }
    }
}

extension MergingTokenizer {
    /// A text with a replacement character for every byte that is not UTF-8.
    private static func wellFormed(_ text: [UInt8]) -> [UInt8] {
        guard SentencePieceTokenizer.malformedBytes(of: text) > 0 else { return text }
        var result: [UInt8] = []
        var index = 0
        while index < text.count {
            if case .whole(let length) = UTF8Character(at: index, of: text) {
                result += text[index..<index + length]
                index += length
            } else {
                result += UTF8Character.replacement
                index += 1
            }
        }
        return result
    }

    private static func search(
        _ kinds: Set<TokenizerDescription.PieceKind>, _ description: TokenizerDescription, _ rules: MergeRules,
        _ normalization: TextPreparation
    ) -> Search {
        let special = Dictionary(rules.added.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
        var search = Search()
        for id in description.pieces.indices where kinds.contains(description.kinds[id]) {
            let piece = Array(description.pieces[id].utf8)
            let rule = special[id] ?? AddedPiece(id: id)
            if rule.isNormalized {
                search.normalized.insert(normalization.prepared(piece, isAtStart: true), rule)
            } else {
                search.raw.insert(piece, rule)
            }
        }
        return search
    }

    private static func byteIDs(_ description: TokenizerDescription, _ pieces: PieceTable) -> [Int32] {
        guard description.kind == .byteLevelBPE else {
            let ids = SentencePieceTokenizer.byteIDs(in: description)
            return ids.isEmpty ? Array(repeating: unknown, count: 256) : ids.map(Int32.init)
        }
        return (UInt8.min...UInt8.max).map { pieces.id(of: [$0].span).map(Int32.init) ?? unknown }
    }

    private static func table(
        of rules: MergeRules, _ description: TokenizerDescription
    ) throws(TokenizerError) -> MergeTable {
        // Merges are about the vocabulary's own strings, whatever the pieces are for.
        let kinds = description.kinds
        let strings = PieceTable(description.pieces) { kinds[$0] != .unused }
        var table = MergeTable(capacity: rules.merges.count / 2)
        for rank in 0..<rules.merges.count / 2 {
            let (left, right) = (rules.merges[2 * rank], rules.merges[2 * rank + 1])
            let joined = Array(strings[Int(left)]) + strings[Int(right)]
            guard let id = strings.id(of: joined.span) else {
                throw contradiction(
                    "a merge of \(description.pieces[Int(left)].debugDescription) and "
                        + "\(description.pieces[Int(right)].debugDescription), which together are no piece")
            }
            table.insert(left, right, rank: rank, id: id)
        }
        return table
    }

    private static func checked(_ description: TokenizerDescription) throws(TokenizerError) -> MergeRules {
        let count = description.pieces.count
        guard description.kind != .sentencePieceBPE, let rules = description.merging else {
            throw contradiction("no list of merges")
        }
        guard description.kinds.count == count, count < Int(Int32.max) else {
            throw contradiction("\(count) pieces and \(description.kinds.count) kinds")
        }
        let ids =
            description.beginning + [description.unknownID].compactMap(\.self) + description.endIDs
            + rules.added.map(\.id)
        if let stray = ids.first(where: { !(0..<count).contains($0) }) {
            throw contradiction("the special id \(stray), where there are \(count) pieces")
        }
        guard rules.merges.count % 2 == 0, rules.merges.allSatisfy({ 0 <= $0 && $0 < count }) else {
            throw contradiction("merges of other pieces than its \(count)")
        }
        let total = description.pieces.reduce(0) { $0 + $1.utf8.count }
        guard total < Int(Int32.max) else { throw contradiction("\(total) bytes of pieces") }
        return rules
    }

    private static func contradiction(_ finding: String) -> TokenizerError {
        TokenizerError(
            attempt: "make a tokenizer from the model's vocabulary", finding: finding,
            wayOut: "Convert or download the model again.")
    }
}

extension TokenizerDescription {
    /// The tokenizer that the description is of.
    package func tokenizer() throws(TokenizerError) -> any Tokenizer {
        switch kind {
        case .sentencePieceBPE: try SentencePieceTokenizer(self)
        case .byteLevelBPE, .mergedBPE: try MergingTokenizer(self)
        }
    }
}
