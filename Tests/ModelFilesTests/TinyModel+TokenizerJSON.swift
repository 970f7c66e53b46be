import ModelFiles

extension TinyModel {
    /// A `tokenizer.json` with as many pieces as the model has embeddings: the bytes, three merges, an end, a thought, and
    /// one id that is free.
    static let tokenizerJSON: String = {
        let bytes = (UInt8.min...UInt8.max).map { ByteAlphabet.piece(of: [$0]) }
        let vocabulary = (bytes + ["th", "the", "Ġthe"]).enumerated().map { id, piece in
            "\"\(piece == "\"" || piece == "\\" ? "\\\(piece)" : piece)\": \(id)"
        }
        return """
            {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [
            {"id": 259, "content": "<|im_end|>", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
             "special": true},
            {"id": 260, "content": "<think>", "single_word": true, "lstrip": true, "rstrip": false, "normalized": true,
             "special": false}],
            "normalizer": {"type": "NFC"},
            "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
            {"type": "Digits", "individual_digits": true},
            {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true}]},
            "post_processor": {"type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": "<|im_end|>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
            "special_tokens": {"<|im_end|>": {"id": "<|im_end|>", "ids": [259], "tokens": ["<|im_end|>"]}}},
            "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
            "model": {"type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null,
            "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false, "ignore_merges": false,
            "vocab": {\(vocabulary.joined(separator: ", "))},
            "merges": ["t h", "th e", ["Ġ", "the"]]}}
            """
    }()

    /// The model as a folder with that vocabulary.
    func writeByteLevel(to folder: TemporaryFolder, _ json: String = Self.tokenizerJSON) throws {
        try write(to: folder, layout: .transformers5)
        try folder.remove("tokenizer.model")
        try folder.write(json, as: "tokenizer.json")
        try folder.write(#"{"bos_token_id": 259, "eos_token_id": 259}"#, as: "generation_config.json")
        try folder.write(#"{"chat_template": "{{ x }}"}"#, as: "tokenizer_config.json")
    }
}
