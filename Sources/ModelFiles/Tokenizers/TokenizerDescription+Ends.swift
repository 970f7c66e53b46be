/// Tokens that end an answer, whatever a file says of them: llama.cpp stops at the same.
extension TokenizerDescription {
    private static let endNames: Set<String> = [
        "<|eot_id|>", "<|im_end|>", "<|end|>", "<|return|>", "<|call|>", "<|flush|>", "<|calls|>", "<end_of_turn>",
        "<|endoftext|>", "</s>", "<|eom_id|>", "<EOT>", "_<EOT>", "[EOT]", "[EOS]", "<|end_of_text|>",
        "<end_of_utterance>", "<eos>", "<｜end▁of▁sentence｜>", "[e~[",
        // Those that end a part of a program.
        "<|fim_pad|>", "<fim-pad>", "<fim_pad>", "<PAD>", "[PAD]", "<|fim_repo|>", "<|repo_name|>", "<fim-repo>",
        "<REPO>",
        "<reponame>", "<|file_sep|>",
    ]

    /// Adds what ends an answer by its name, after what a file names.
    mutating func addKnownEnds() {
        var found: [String: Int] = [:]
        for (id, piece) in pieces.enumerated() where [.control, .userDefined].contains(kinds[id]) {
            if Self.endNames.contains(piece), found[piece] == nil { found[piece] = id }
        }
        // There <|end|> ends only a message.
        let hasCalls = found["<|call|>"] != nil || found["<|calls|>"] != nil
        if hasCalls, found["<|return|>"] != nil || found["<|flush|>"] != nil,
            let end = found.removeValue(forKey: "<|end|>")
        {
            endIDs.removeAll { $0 == end }
        }
        endIDs += found.values.filter { !endIDs.contains($0) }.sorted()
    }
}
