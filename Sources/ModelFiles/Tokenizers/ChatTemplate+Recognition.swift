extension ChatTemplate {
    /// Recognizes the chat template of a model by features that all published spellings share.
    ///
    /// Throws a `TokenizerError` if the model has none, or one that is not known.
    package init(_ description: TokenizerDescription) throws(TokenizerError) {
        guard let template = description.chatTemplate else { throw Self.unusable("it has none") }
        let features = Features(template)
        if let unknown = features.unsupported { throw Self.unusable(unknown) }
        if features.has("[INST]"), features.has("[/INST]"), features.has("eos_token") || features.has("</s>") {
            self = try Self.instruct(features, marksAreControl: Self.isControl("[INST]", in: description))
        } else if features.has("<|im_start|>"), features.has("<|im_end|>") {
            guard Self.isControl("<|im_start|>", in: description), Self.isControl("<|im_end|>", in: description) else {
                throw Self.unusable(
                    "it is ChatML, but <|im_start|> and <|im_end|> are not control pieces of its vocabulary")
            }
            self = .chatML(addsBeginning: features.has("bos_token"))
        } else {
            throw Self.unusable("it is \(template.prefix(60).debugDescription)…")
        }
    }

    private static func instruct(_ features: Features, marksAreControl: Bool) throws(TokenizerError) -> ChatTemplate {
        guard !features.has("<<SYS>>") else {
            return .llama2(
                repeatsBeginning: features.has("bos_token+'[INST]") || features.has("<s>[INST]"),
                trims: features.has(".strip()") || features.has("|trim"))
        }
        guard marksAreControl || !features.has("[AVAILABLE_TOOLS]") else {
            throw unusable("it is Mistral's of version 3, but [INST] is not a control piece of the vocabulary")
        }
        return marksAreControl ? .mistralControl : .mistral
    }

    private static func isControl(_ piece: String, in description: TokenizerDescription) -> Bool {
        description.pieces.indices.contains {
            description.kinds[$0] == .control && description.pieces[$0].utf8.elementsEqual(piece.utf8)
        }
    }

    private static func unusable(_ finding: String) -> TokenizerError {
        TokenizerError(
            attempt: "use the model's chat template", finding: finding,
            wayOut:
                "Known are Mistral's and Mixtral's [INST], Llama 2's and ChatML; give the prompt as plain text instead."
        )
    }
}

/// A template without the spaces and the kinds of quotes in which its spellings differ.
private struct Features {
    private let text: String

    init(_ template: String) {
        var scalars = String.UnicodeScalarView()
        for scalar in template.unicodeScalars where !scalar.properties.isWhitespace {
            scalars.append(scalar == "\"" ? "'" : scalar)
        }
        text = String(scalars)
    }

    func has(_ feature: String) -> Bool { text.firstRange(of: feature) != nil }

    /// The name of a family that shares marks with a known one and yet is another.
    var unsupported: String? {
        let names = [
            ("[SYSTEM_PROMPT]", "it is Mistral's of version 7 or later ([SYSTEM_PROMPT])"),
            ("<|im_sep|>", "it is Phi-4's (<|im_sep|>)"),
            ("<end_of_utterance>", "it is SmolVLM's (<end_of_utterance>)"),
            ("<|im_middle|>", "it is Kimi's (<|im_middle|>)"),
        ]
        if let (_, name) = names.first(where: { has($0.0) }) { return name }
        if has("<<SYS>>"), has("true==true") { return "it is Llama 2's with a system message of its own" }
        guard let system = text.firstRange(of: "<|im_start|>system\\n") else { return nil }
        let brings = text[system.upperBound...].first?.isLetter ?? false
        return brings ? "it is ChatML that brings a system message of its own" : nil
    }
}
