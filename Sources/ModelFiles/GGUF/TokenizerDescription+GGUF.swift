extension TokenizerDescription {
    /// The tokenizer that a GGUF file carries.
    ///
    /// - Throws: ``ModelFileError`` when it is none of ours or its parts do not fit together.
    init(gguf metadata: GGUFMetadata) throws {
        let model = try metadata.required("tokenizer.ggml.model", metadata.string)
        guard model == "llama" else {
            throw metadata.error(
                "has the tokenizer \(model)", "Supported is llama (SentencePiece's byte-pair encoding)")
        }
        try Self.refuseNormalization(metadata)
        let pieces = try metadata.required("tokenizer.ggml.tokens", metadata.strings)
        let scores = try metadata.required("tokenizer.ggml.scores", metadata.reals).map(Float.init)
        let kinds = try Self.kinds(metadata, count: pieces.count)
        guard scores.count == pieces.count, !scores.contains(where: \.isNaN) else {
            throw metadata.error("has \(pieces.count) tokens and \(scores.count) scores, or one that is no number")
        }
        func id(_ name: String, default standard: Int? = nil) throws -> Int? {
            guard let id = try metadata.integer("tokenizer.ggml.\(name)_token_id") ?? standard else { return nil }
            guard pieces.indices.contains(id) else {
                throw metadata.error("has the \(name) token \(id), but tokens only up to \(pieces.count - 1)")
            }
            return id
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
        fitted.scores.removeLast(surplus.count)
        fitted.kinds.removeLast(surplus.count)
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
