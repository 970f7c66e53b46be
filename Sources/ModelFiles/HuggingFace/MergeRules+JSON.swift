/// The parts of a `tokenizer.json` that say what happens to a text before its words are encoded.
extension MergeRules {
    var normalizerJSON: String {
        guard normalization.count != 1 else { return normalization[0].json }
        let steps = normalization.map(\.json).joined(separator: ", ")
        return normalization.isEmpty ? "null" : #"{"type": "Sequence", "normalizers": [\#(steps)]}"#
    }

    func preTokenizerJSON(isByteLevel: Bool) -> String {
        var splits = splits
        var parts: [String] = []
        if isByteLevel {
            let usesExpression = splits.last == TextSplit(PreTokenizer.gpt2)
            if usesExpression { splits.removeLast() }
            parts = splits.map(\.json)
            parts.append(
                #"{"type": "ByteLevel", "add_prefix_space": \#(!preparation.isEmpty), "trim_offsets": true, "#
                    + #""use_regex": \#(usesExpression)}"#)
        } else {
            if !preparation.isEmpty {
                let isSplit = splits.first == Self.spaces
                if isSplit { splits.removeFirst() }
                parts = [
                    #"{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "\#(prependScheme)", "split": \#(isSplit)}"#
                ]
            }
            parts += splits.map(\.json)
        }
        guard parts.count != 1 else { return parts[0] }
        return parts.isEmpty
            ? "null" : #"{"type": "Sequence", "pretokenizers": [\#(parts.joined(separator: ", "))]}"#
    }

    /// What a `Metaspace` that splits does.
    static let spaces = TextSplit(String(TokenizerDescription.space), isLiteral: true, behavior: .mergedWithNext)

    private var prependScheme: String {
        for case .prefixed(_, let onlyAtStart) in preparation { return onlyAtStart ? "first" : "always" }
        return "never"
    }
}

extension TextStep {
    fileprivate var json: String {
        switch self {
        case .composed: #"{"type": "NFC"}"#
        case .prepended(let text), .prefixed(let text, _): #"{"type": "Prepend", "prepend": \#(text.quoted)}"#
        case .replaced(let pattern, let isLiteral, let text):
            #"{"type": "Replace", "pattern": {"\#(isLiteral ? "String" : "Regex")": \#(pattern.quoted)}, "#
                + #""content": \#(text.quoted)}"#
        case .stripped(let left, let right):
            #"{"type": "Strip", "strip_left": \#(left), "strip_right": \#(right)}"#
        }
    }
}

extension TextSplit {
    fileprivate var json: String {
        #"{"type": "Split", "pattern": {"\#(isLiteral ? "String" : "Regex")": \#(pattern.quoted)}, "#
            + #""behavior": "\#(behavior.rawValue)", "invert": \#(isInverted)}"#
    }
}
