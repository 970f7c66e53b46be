/// A `tokenizer.json` (Hugging Face's tokenizers) of byte-pair encoding.
///
/// Every part of it must be known: what is not is refused by name, because ids would be others.
struct TokenizerJSON {
    typealias Piece = (text: String, kind: TokenizerDescription.PieceKind)

    /// The vocabulary and the added tokens, by id.
    private(set) var pieces: [Int: Piece] = [:]
    private(set) var kind = TokenizerDescription.Kind.mergedBPE
    private(set) var merging = MergeRules(merges: [])
    private(set) var unknownID: Int?
    /// What is put before a text and after it.
    private(set) var frame: (before: [Int], after: [Int]) = ([], [])
    /// Whether decoding takes a space away in front.
    private(set) var stripsFirstSpace = false

    struct Failure: Error {
        let finding: String
        var wayOut = "Use the model's GGUF file, if there is one"
    }

    /// Larger than any vocabulary in use.
    private static let idLimit = 1 << 22

    init(_ bytes: [UInt8]) throws(Failure) {
        let json: OrderedJSON
        do throws(OrderedJSON.Failure) {
            json = try OrderedJSON(bytes)
        } catch {
            throw Failure(finding: error.finding, wayOut: "Fetch the file again")
        }
        guard let model = json["model"] else { throw Failure(finding: "there is no model in it") }
        if let preTokenizer = json["pre_tokenizer"] { try readPreTokenizer(preTokenizer) }
        try readModel(model)
        if let normalizer = json["normalizer"] { merging.normalization = try Self.steps(normalizer) }
        for token in json["added_tokens"]?.list ?? [] { try readAddedToken(token) }
        try readDecoder(json["decoder"])
        if let processor = json["post_processor"] { try readPostProcessor(processor) }
    }

    private static func unknown(_ part: String, _ json: OrderedJSON) -> Failure {
        Failure(finding: "its \(part) is \(json["type"]?.text ?? "of no type"), which is not known here")
    }
}

// The model: pieces and merges.
extension TokenizerJSON {
    private mutating func readModel(_ model: OrderedJSON) throws(Failure) {
        let type = model["type"]?.text ?? (model["merges"] == nil ? "of no type" : "BPE")
        guard type == "BPE" else { throw Failure(finding: "its model is \(type), where BPE is known") }
        if let dropout = model["dropout"]?.real, dropout != 0 {
            throw Failure(finding: "its model leaves out merges at random (dropout \(dropout))")
        }
        for name in ["continuing_subword_prefix", "end_of_word_suffix"] {
            if let mark = model[name]?.text, !mark.isEmpty {
                throw Failure(finding: "its model has \(name) \(mark.debugDescription)")
            }
        }
        merging.ignoresMerges = model["ignore_merges"]?.boolean ?? false
        merging.fusesUnknown = model["fuse_unk"]?.boolean ?? false
        guard let vocabulary = model["vocab"]?.members, !vocabulary.isEmpty else {
            throw Failure(finding: "its model has no vocabulary")
        }
        var last = 0
        for (text, value) in vocabulary {
            let id = try Self.id(value, of: text)
            guard pieces.updateValue((text, .normal), forKey: id) == nil else {
                throw Failure(finding: "two pieces of its vocabulary have the id \(id)")
            }
            last = max(last, id)
        }
        let table = PieceTable((0...last).map { pieces[$0]?.text ?? "" }) { pieces[$0] != nil }
        try readUnknown(model, table)
        merging.merges = try Self.merges(model["merges"]?.list ?? [], table)
    }

    private static func id(_ value: OrderedJSON?, of text: String) throws(Failure) -> Int {
        guard let id = value?.integer, (0..<idLimit).contains(id) else {
            throw Failure(finding: "the piece \(text.debugDescription) has no id from 0 to \(idLimit - 1)")
        }
        return id
    }

    private mutating func readUnknown(_ model: OrderedJSON, _ table: PieceTable) throws(Failure) {
        guard kind == .mergedBPE else { return }
        if let mark = model["unk_token"]?.text {
            guard let id = table.id(of: Array(mark.utf8).span) else {
                throw Failure(finding: "its unknown token \(mark.debugDescription) is not in its vocabulary")
            }
            unknownID = id
            pieces[id]?.kind = .unknown
        }
        guard model["byte_fallback"]?.boolean ?? false else { return }
        for name in TokenizerDescription.bytePieces {
            guard let id = table.id(of: Array(name.utf8).span) else {
                throw Failure(finding: "it falls back on bytes, but has no piece \(name)")
            }
            pieces[id]?.kind = .byte
        }
    }

    /// Merges as pairs of pieces: in lists of two, or with a space between.
    private static func merges(_ list: [OrderedJSON], _ table: PieceTable) throws(Failure) -> [Int32] {
        var merges: [Int32] = []
        merges.reserveCapacity(list.count * 2)
        for (index, merge) in list.enumerated() {
            let parts =
                merge.list?.compactMap { $0.text.map { Array($0.utf8)[...] } }
                ?? merge.text.map {
                    Array($0.utf8).split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
                }
            guard let parts, parts.count == 2 else { throw Failure(finding: "merge \(index) is not of two pieces") }
            for part in parts {
                guard let id = table.id(of: part.span) else {
                    throw Failure(
                        finding: "merge \(index) is of \(String(decoding: part, as: UTF8.self).debugDescription), "
                            + "which is not in its vocabulary")
                }
                merges.append(Int32(id))
            }
        }
        return merges
    }

    private mutating func readAddedToken(_ token: OrderedJSON) throws(Failure) {
        guard let text = token["content"]?.text, !text.isEmpty else {
            throw Failure(finding: "an added token has no content")
        }
        let id = try Self.id(token["id"], of: text)
        if let other = pieces[id]?.text, !other.utf8.elementsEqual(text.utf8) {
            throw Failure(
                finding: "the added token \(text.debugDescription) has the id \(id) of \(other.debugDescription)")
        }
        if pieces[id]?.kind != .unknown {
            pieces[id] = (text, token["special"]?.boolean ?? false ? .control : .userDefined)
        }
        func flag(_ name: String) -> Bool { token[name]?.boolean ?? false }
        let piece = AddedPiece(
            id: id, stripsLeft: flag("lstrip"), stripsRight: flag("rstrip"), isSingleWord: flag("single_word"),
            isNormalized: flag("normalized") && !merging.normalization.isEmpty)
        if !piece.isPlain { merging.added.append(piece) }
    }
}

// What happens to a text before it is cut, and how it is cut.
extension TokenizerJSON {
    private static func steps(_ json: OrderedJSON) throws(Failure) -> [TextStep] {
        switch json["type"]?.text {
        case "Sequence":
            var steps: [TextStep] = []
            for step in json["normalizers"]?.list ?? [] { steps += try Self.steps(step) }
            return steps
        case "NFC": return [.composed]
        case "Prepend": return [.prepended(json["prepend"]?.text ?? "")]
        case "Strip":
            return [
                .stripped(left: json["strip_left"]?.boolean ?? true, right: json["strip_right"]?.boolean ?? true)
            ]
        case "Replace":
            let (pattern, isLiteral) = try self.pattern(json, of: "normalizer")
            return [.replaced(pattern, isLiteral: isLiteral, with: json["content"]?.text ?? "")]
        default: throw unknown("normalizer", json)
        }
    }

    private static func pattern(
        _ json: OrderedJSON, of part: String
    ) throws(Failure) -> (pattern: String, isLiteral: Bool) {
        if let text = json["pattern"]?["String"]?.text, !text.isEmpty { return (text, true) }
        guard let expression = json["pattern"]?["Regex"]?.text else {
            throw Failure(finding: "its \(part) has no pattern")
        }
        do throws(UnknownExpression) {
            _ = try SplitPattern(SplitExpression(expression))
        } catch {
            throw Failure(
                finding: "its \(part) has the regular expression \(expression.prefix(200).debugDescription), "
                    + "which is not known here: it has \(error.finding)")
        }
        return (expression, false)
    }

    private mutating func readPreTokenizer(_ json: OrderedJSON) throws(Failure) {
        guard kind == .mergedBPE else { throw Failure(finding: "its text is cut again after it was made bytes") }
        switch json["type"]?.text {
        case "Sequence": for part in json["pretokenizers"]?.list ?? [] { try readPreTokenizer(part) }
        case "Split":
            let (pattern, isLiteral) = try Self.pattern(json, of: "pre-tokenizer")
            merging.splits.append(
                TextSplit(
                    pattern, isLiteral: isLiteral, behavior: try Self.behavior(json),
                    isInverted: json["invert"]?.boolean ?? false))
        case "Digits":
            merging.splits.append(TextSplit(json["individual_digits"]?.boolean ?? false ? #"\p{N}"# : #"\p{N}+"#))
        case "Punctuation":
            merging.splits.append(TextSplit(#"[!-/:-@\[-`{-~\p{P}]"#, behavior: try Self.behavior(json)))
        case "ByteLevel":
            if json["add_prefix_space"]?.boolean ?? true { try prefix(" ", onlyAtStart: false) }
            if json["use_regex"]?.boolean ?? true { merging.splits.append(TextSplit(PreTokenizer.gpt2)) }
            kind = .byteLevelBPE
        case "Metaspace": try readMetaspace(json)
        default: throw Self.unknown("pre-tokenizer", json)
        }
    }

    private static func behavior(_ json: OrderedJSON) throws(Failure) -> TextSplit.Behavior {
        let name = json["behavior"]?.text ?? "Isolated"
        guard let behavior = TextSplit.Behavior(rawValue: name) else {
            throw Failure(finding: "its pre-tokenizer has the behavior \(name)")
        }
        return behavior
    }

    private mutating func readMetaspace(_ json: OrderedJSON) throws(Failure) {
        let space = String(TokenizerDescription.space)
        guard json["replacement"]?.text == space else { throw Failure(finding: "its spaces are not replaced by ▁") }
        merging.preparation.append(.replaced(" ", isLiteral: true, with: space))
        guard merging.splits.isEmpty else {
            throw Failure(finding: "its pre-tokenizer makes marks of spaces after it cut")
        }
        switch json["prepend_scheme"]?.text ?? (json["add_prefix_space"]?.boolean ?? true ? "always" : "never") {
        case "always": try prefix(space, onlyAtStart: false)
        case "first": try prefix(space, onlyAtStart: true)
        case "never": break
        case let other: throw Failure(finding: "its pre-tokenizer has the prepend_scheme \(other)")
        }
        guard json["split"]?.boolean ?? true else { return }
        merging.splits.append(MergeRules.spaces)
    }

    private mutating func prefix(_ text: String, onlyAtStart: Bool) throws(Failure) {
        guard merging.splits.isEmpty else {
            throw Failure(finding: "its pre-tokenizer puts a space before every part of a text")
        }
        merging.preparation.append(.prefixed(text, onlyAtStart: onlyAtStart))
    }
}

// What becomes of tokens.
extension TokenizerJSON {
    private mutating func readDecoder(_ json: OrderedJSON?) throws(Failure) {
        var parts: [OrderedJSON] = []
        if let json { parts = json["type"]?.text == "Sequence" ? json["decoders"]?.list ?? [] : [json] }
        var hasSpaces = false
        for part in parts {
            switch (part["type"]?.text, kind) {
            case ("ByteLevel", .byteLevelBPE): hasSpaces = true
            case ("ByteFallback", .mergedBPE), ("Fuse", _): break
            case ("Metaspace", .mergedBPE):
                hasSpaces = true
                stripsFirstSpace = part["prepend_scheme"]?.text != "never" && part["add_prefix_space"]?.boolean ?? true
            case ("Replace", .mergedBPE):
                guard part["pattern"]?["String"]?.text == String(TokenizerDescription.space),
                    part["content"]?.text == " "
                else { throw Failure(finding: "its decoder replaces something else than ▁ by a space") }
                hasSpaces = true
            case ("Strip", .mergedBPE):
                guard part["content"]?.text == " ", part["start"]?.integer == 1, part["stop"]?.integer == 0 else {
                    throw Failure(finding: "its decoder strips something else than a space in front")
                }
                stripsFirstSpace = true
            default: throw Self.unknown("decoder", part)
            }
        }
        guard hasSpaces else { throw Failure(finding: "it has no decoder that puts spaces back") }
    }

    private mutating func readPostProcessor(_ json: OrderedJSON) throws(Failure) {
        switch json["type"]?.text {
        case "Sequence": for part in json["processors"]?.list ?? [] { try readPostProcessor(part) }
        case "ByteLevel": break
        case "TemplateProcessing":
            var isAfter = false
            for part in json["single"]?.list ?? [] {
                if part["Sequence"] != nil { isAfter = true }
                guard let name = part["SpecialToken"]?["id"]?.text else { continue }
                guard let ids = json["special_tokens"]?[name]?["ids"]?.list?.map(\.integer) else {
                    throw Failure(
                        finding: "its post-processor puts in \(name.debugDescription), which it does not define")
                }
                try put(ids, isAfter: isAfter)
            }
        case "RobertaProcessing", "BertProcessing":
            try put([json["cls"]?.list?.last?.integer], isAfter: false)
            try put([json["sep"]?.list?.last?.integer], isAfter: true)
        default: throw Self.unknown("post-processor", json)
        }
    }

    private mutating func put(_ ids: [Int?], isAfter: Bool) throws(Failure) {
        for id in ids {
            guard let id, pieces[id] != nil else {
                throw Failure(finding: "its post-processor puts in a token without id")
            }
            if isAfter { frame.after.append(id) } else { frame.before.append(id) }
        }
        guard frame.after.count <= 1 else {
            throw Failure(finding: "its post-processor puts several tokens after a text")
        }
    }
}
