extension TokenizerDescription {
    /// The vocabulary as metadata of a GGUF file. Normalization has no place there: llama.cpp does none.
    ///
    /// - Throws: ``ModelFileError`` for `path` where such a file has no name for the way text is cut.
    func ggufMetadata(path: String) throws -> [(key: String, value: GGUFValue)] {
        let all = try own(path).compactMap { name, value in value.map { (key: "tokenizer.ggml." + name, value: $0) } }
        return all + (chatTemplate.map { [(key: "tokenizer.chat_template", value: .string($0))] } ?? [])
    }

    private func own(_ path: String) throws -> [(String, GGUFValue?)] {
        switch kind {
        case .sentencePieceBPE: return sentencePieceMetadata
        case .byteLevelBPE: return try byteLevelMetadata(path)
        case .mergedBPE:
            guard let scored = withScores else {
                throw Self.unnamed(path, "its merges have an order that no scores of pieces make")
            }
            return scored.sentencePieceMetadata
        }
    }

    private var sentencePieceMetadata: [(String, GGUFValue?)] {
        [("model", .string("llama")), ("pre", .string("default")), ("scores", .float32s(scores))] + common + [
            ("unknown_token_id", Self.id(unknownID)),
            ("add_space_prefix", .bool(addsSpacePrefix)),
            ("remove_extra_whitespaces", .bool(removesExtraSpaces)),
        ]
    }

    private func byteLevelMetadata(_ path: String) throws -> [(String, GGUFValue?)] {
        guard let merging, merging.preparation.isEmpty,
            let cutting = PreTokenizer(splits: merging.splits, ignoresMerges: merging.ignoresMerges)
        else { throw Self.unnamed(path, "llama.cpp has no name for the way it cuts text into words") }
        guard afterBeginning == nil else { throw Self.unnamed(path, "its texts begin with more than one token") }
        let merges = stride(from: 0, to: merging.merges.count, by: 2).map {
            "\(pieces[Int(merging.merges[$0])]) \(pieces[Int(merging.merges[$0 + 1])])"
        }
        return [("model", .string("gpt2")), ("pre", .string(cutting.names[0])), ("merges", .strings(merges))] + common
    }

    private var common: [(String, GGUFValue?)] {
        [
            ("tokens", .strings(pieces)),
            ("token_type", .int32s(kinds.map { Int32($0.rawValue) })),
            ("bos_token_id", Self.id(beginningID)),
            ("eos_token_id", Self.id(endIDs.first)),
            ("eot_token_id", Self.id(endIDs.dropFirst().first)),
            ("eom_token_id", Self.id(endIDs.dropFirst(2).first)),
            ("add_bos_token", .bool(addsBeginning)),
            ("add_eos_token", .bool(addsEnd ?? false)),
        ]
    }

    private static func id(_ value: Int?) -> GGUFValue? { value.map { .uint32(UInt32(clamping: $0)) } }

    private static func unnamed(_ path: String, _ finding: String) -> ModelFileError {
        ModelFileError(
            path: path, problem: "the vocabulary has no place in a GGUF file: \(finding)",
            remedy: "Export it as a Hugging Face folder, which has it whole")
    }
}
