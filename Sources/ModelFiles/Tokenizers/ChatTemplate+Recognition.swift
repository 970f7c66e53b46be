extension ChatTemplate {
    /// Recognizes the chat template of a model by features that all published spellings share.
    ///
    /// Throws a `TokenizerError` if the model has none, or one that is not known.
    package init(_ description: TokenizerDescription) throws(TokenizerError) {
        guard let template = description.chatTemplate else { throw Self.unusable("it has none") }
        let features = Features(template)
        if let unknown = features.unsupported { throw Self.unusable(unknown) }
        let isMark = { (piece: String) in Self.isMark(piece, in: description) }
        if features.has("[INST]"), features.has("[/INST]"), features.has("eos_token") || features.has("</s>") {
            self = try Self.instruct(features, marksAreControl: isMark("[INST]"))
        } else if features.has("<|im_start|>"), features.has("<|im_end|>") {
            guard isMark("<|im_start|>"), isMark("<|im_end|>") else {
                throw Self.unusable("it is ChatML, but <|im_start|> and <|im_end|> are not marks of its vocabulary")
            }
            self = .chatML(try Self.chatML(features, template))
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

    private static func chatML(_ features: Features, _ template: String) throws(TokenizerError) -> ChatML {
        var form = ChatML(addsBeginning: features.has("bos_token"))
        form.system = try ownSystem(features, template)
        form.trims = features.has("|trim")
        form.dropsThoughts = features.has("split('</think>')[-1]") || features.has("split('</think>')|last")
        form.keepsLastThought = form.dropsThoughts && features.has("last_query_index")
        form.opensThought = ["'<|im_start|>assistant\\n<think>\\n'", "'<|im_start|>assistant<think>'"].contains(
            where: features.has)
        return form
    }

    /// The system message that a template brings for conversations without one, as it stands between quotes.
    private static func ownSystem(_ features: Features, _ template: String) throws(TokenizerError) -> String? {
        guard features.bringsSystem else { return nil }
        let opening = /(['"])<\|im_start\|>system(?:\\n|\n)([^'"{][^{]*?)<\|im_end\|>/
        guard let found = template.firstMatch(of: opening),
            !found.2.replacing("\\\(found.1)", with: "").contains(found.1),
            ["role']!='system'", "role!='system'", "role']=='system'", "role=='system'"].contains(where: features.has)
        else { throw unusable("it is ChatML that brings a system message of its own in a way that is not known") }
        return String(found.2).replacing("\\n", with: "\n").replacing("\\'", with: "'").replacing("\\\"", with: "\"")
    }

    private static func isMark(_ piece: String, in description: TokenizerDescription) -> Bool {
        description.pieces.indices.contains {
            [.control, .userDefined].contains(description.kinds[$0])
                && description.pieces[$0].utf8.elementsEqual(piece.utf8)
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
        return has("strftime_now") ? "it writes today's date into the prompt" : nil
    }

    /// Whether text of the template's own comes after the mark of the system message.
    var bringsSystem: Bool {
        text.ranges(of: "<|im_start|>system").contains { range in
            var rest = text[range.upperBound...]
            if rest.hasPrefix("\\n") { rest = rest.dropFirst(2) }
            return rest.first?.isLetter ?? false
        }
    }
}
