extension TokenizerDescription {
    /// The tokenizer that a GGUF file carries.
    ///
    /// - Throws: ``ModelFileError`` when it is none of ours or its parts do not fit together.
    init(gguf metadata: GGUFMetadata) throws {
        switch try metadata.required("tokenizer.ggml.model", metadata.string) {
        case "llama": try self.init(sentencePiece: metadata)
        case "gpt2": try self.init(byteLevel: metadata)
        case let model:
            throw metadata.error(
                "has the tokenizer \(model)",
                "Supported are llama (SentencePiece's byte-pair encoding) and gpt2 (byte-pair encoding of bytes)")
        }
        addsEnd = try metadata.boolean("tokenizer.ggml.add_eos_token") ?? false ? true : nil
        addKnownEnds()
        guard addsEnd != true || !endIDs.isEmpty else {
            throw metadata.error("ends its texts with a token (add_eos_token), but names none")
        }
    }

    private init(sentencePiece metadata: GGUFMetadata) throws {
        try Self.refuseNormalization(metadata)
        let pieces = try metadata.required("tokenizer.ggml.tokens", metadata.strings)
        let scores = try metadata.required("tokenizer.ggml.scores", metadata.reals).map(Float.init)
        let kinds = try Self.kinds(metadata, count: pieces.count)
        guard scores.count == pieces.count, !scores.contains(where: \.isNaN) else {
            throw metadata.error("has \(pieces.count) tokens and \(scores.count) scores, or one that is no number")
        }
        func id(_ name: String, default standard: Int? = nil) throws -> Int? {
            try Self.id(name, metadata, count: pieces.count, default: standard)
        }
        self = try TokenizerDescription(
            pieces: pieces, scores: scores, kinds: kinds,
            unknownID: id("unknown", default: 0), beginningID: id("bos", default: 1),
            endIDs: [id("eos", default: 2), id("eot"), id("eom")].compactMap(\.self).uniqued(),
            addsBeginning: metadata.boolean("tokenizer.ggml.add_bos_token") ?? true,
            addsSpacePrefix: metadata.boolean("tokenizer.ggml.add_space_prefix") ?? true,
            removesExtraSpaces: metadata.boolean("tokenizer.ggml.remove_extra_whitespaces") ?? false,
            chatTemplate: metadata.string("tokenizer.chat_template"))
    }

    private init(byteLevel metadata: GGUFMetadata) throws {
        let preTokenizer = try Self.preTokenizer(metadata)
        var pieces = try metadata.required("tokenizer.ggml.tokens", metadata.strings)
        for id in pieces.indices where pieces[id].isEmpty { pieces[id] = "[EMPTY_\(id)]" }
        let kinds = try Self.kinds(metadata, count: pieces.count)
        let ends = try ["eos", "eot", "eom"].compactMap { try Self.id($0, metadata, count: pieces.count) }
        let beginning = try Self.id("bos", metadata, count: pieces.count)
        let addsBeginning = try metadata.boolean("tokenizer.ggml.add_bos_token") ?? preTokenizer.addsBeginning
        guard !addsBeginning || beginning != nil else {
            throw metadata.error("begins its texts with a token (add_bos_token), but names none")
        }
        self = try TokenizerDescription(
            kind: .byteLevelBPE, pieces: pieces, scores: [], kinds: kinds, unknownID: nil, beginningID: beginning,
            endIDs: ends.uniqued(), addsBeginning: addsBeginning, addsSpacePrefix: false, removesExtraSpaces: false,
            chatTemplate: metadata.string("tokenizer.chat_template"),
            merging: MergeRules(
                merges: Self.merges(metadata, pieces), ignoresMerges: preTokenizer.ignoresMerges,
                splits: preTokenizer.splits))
        do throws(TokenizerError) {
            _ = try tokenizer()
        } catch {
            throw metadata.error("has a vocabulary that cannot be used: \(error.finding)", error.wayOut)
        }
    }

    private static func preTokenizer(_ metadata: GGUFMetadata) throws -> PreTokenizer {
        let key = "tokenizer.ggml.pre"
        guard let name = try metadata.string(key) else {
            throw metadata.error(
                "does not say how its text is cut into words (\(key))",
                "Convert the model again with a current llama.cpp")
        }
        guard let known = PreTokenizer(named: name) else {
            throw metadata.error(
                "cuts its text into words in the way \(name.debugDescription) (\(key)), which is not known here",
                "Known are \(PreTokenizer.known.map { $0.names[0] }.joined(separator: ", ")) and their kin; "
                    + "try the model's Hugging Face folder, whose tokenizer.json says how it is done")
        }
        return known
    }

    /// Merges as pairs of pieces, with a space between.
    private static func merges(_ metadata: GGUFMetadata, _ pieces: [String]) throws -> [Int32] {
        let table = PieceTable(pieces) { _ in true }
        var merges: [Int32] = []
        for (index, merge) in try metadata.required("tokenizer.ggml.merges", metadata.strings).enumerated() {
            let bytes = Array(merge.utf8)
            let middle = bytes.dropFirst().firstIndex(of: UInt8(ascii: " ")) ?? bytes.endIndex
            for part in [bytes[..<middle], bytes[min(middle + 1, bytes.endIndex)...]] {
                guard let id = table.id(of: part.span) else {
                    throw metadata.error(
                        "has the merge \(index) of \(String(decoding: part, as: UTF8.self).debugDescription), "
                            + "which is no token", "Convert the model again with a current llama.cpp")
                }
                merges.append(Int32(id))
            }
        }
        return merges
    }

    private static func id(
        _ name: String, _ metadata: GGUFMetadata, count: Int, default standard: Int? = nil
    ) throws -> Int? {
        guard let id = try metadata.integer("tokenizer.ggml.\(name)_token_id") ?? standard else { return nil }
        guard (0..<count).contains(id) else {
            throw metadata.error("has the \(name) token \(id), but tokens only up to \(count - 1)")
        }
        return id
    }

    /// The vocabulary with `count` pieces: without those at its end that were added and that the embeddings have no row
    /// for, so that nothing can become one of them.
    ///
    /// - Returns: nil when there are other pieces among these, one is special, or there are too few.
    func withoutAdded(beyond count: Int) -> TokenizerDescription? {
        let surplus = kinds.dropFirst(count)
        let special = [unknownID, beginningID].compactMap(\.self) + endIDs
        guard pieces.count >= count, !surplus.contains(.normal), !surplus.contains(.byte),
            special.allSatisfy({ $0 < count })
        else { return nil }
        var fitted = self
        fitted.pieces.removeLast(surplus.count)
        fitted.scores.removeLast(min(surplus.count, scores.count))
        fitted.kinds.removeLast(surplus.count)
        fitted.merging?.added.removeAll { $0.id >= count }
        return fitted
    }

    private static func kinds(_ metadata: GGUFMetadata, count: Int) throws -> [PieceKind] {
        let numbers = try metadata.required("tokenizer.ggml.token_type", metadata.integers)
        guard numbers.count == count else {
            throw metadata.error("has \(count) tokens and \(numbers.count) token types")
        }
        return try numbers.map { number in
            guard let kind = UInt8(exactly: number).flatMap(PieceKind.init) else {
                throw metadata.error("has the token type \(number); 1 to 6 are possible")
            }
            return kind
        }
    }

    /// A character map would change the text before it is cut into pieces.
    private static func refuseNormalization(_ metadata: GGUFMetadata) throws {
        let key = "tokenizer.ggml.precompiled_charsmap"
        guard let map = try metadata.integers(key), !map.isEmpty else { return }
        throw metadata.error(
            "has \(key) of \(map.count) bytes", "Supported are tokenizers that leave the text as it is (identity)")
    }
}
