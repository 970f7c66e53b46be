extension TokenizerDescription {
    /// A `tokenizer.json` (Hugging Face's tokenizers) that cuts text as this vocabulary does.
    ///
    /// Put together by hand: encoders keep objects in dictionaries, where Swift takes `é` as one scalar and as two for
    /// the same key.
    var huggingFaceJSON: String {
        """
        {"version": "1.0", "truncation": null, "padding": null,
        "added_tokens": [\(addedTokens)],
        "normalizer": \(normalizer),
        "pre_tokenizer": null,
        "post_processor": \(postProcessor),
        "decoder": {"type": "Sequence", "decoders": [
        {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"}\(stripping)]},
        "model": {"type": "BPE", "dropout": null, "unk_token": \(unknownID.map { pieces[$0].quoted } ?? "null"),
        "continuing_subword_prefix": null, "end_of_word_suffix": null, "fuse_unk": true,
        "byte_fallback": \(kinds.contains(.byte)), "ignore_merges": false,
        "vocab": {\(zip(pieces, 0...).map { "\($0.quoted): \($1)" }.joined(separator: ",\n"))},
        "merges": [\(merges.map { "[\($0.quoted), \($1.quoted)]" }.joined(separator: ",\n"))]}}

        """
    }

    /// Pieces that a text is searched for before it is cut.
    private var addedTokens: String {
        pieces.indices.filter { [.control, .unknown, .userDefined].contains(kinds[$0]) }.map { id in
            #"{"id": \#(id), "content": \#(pieces[id].quoted), "single_word": false, "lstrip": false, "rstrip": false, "#
                + #""normalized": false, "special": \#(kinds[id] != .userDefined)}"#
        }.joined(separator: ",\n")
    }

    /// Not the newer `Metaspace`, which puts no space before one that is there already.
    private var normalizer: String {
        let folding = [
            #"{"type": "Strip", "strip_left": true, "strip_right": true}"#,
            #"{"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}"#,
        ]
        let steps =
            (removesExtraSpaces ? folding : []) + (addsSpacePrefix ? [#"{"type": "Prepend", "prepend": "▁"}"#] : [])
            + [#"{"type": "Replace", "pattern": {"String": " "}, "content": "▁"}"#]
        return #"{"type": "Sequence", "normalizers": [\#(steps.joined(separator: ", "))]}"#
    }

    private var postProcessor: String {
        guard addsBeginning, let id = beginningID else { return "null" }
        let mark = pieces[id].quoted
        let single = #"{"SpecialToken": {"id": \#(mark), "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}"#
        let second = #"{"SpecialToken": {"id": \#(mark), "type_id": 1}}, {"Sequence": {"id": "B", "type_id": 1}}"#
        return #"{"type": "TemplateProcessing", "single": [\#(single)], "pair": [\#(single), \#(second)], "#
            + #""special_tokens": {\#(mark): {"id": \#(mark), "ids": [\#(id)], "tokens": [\#(mark)]}}}"#
    }

    /// The space that was put in front is dropped again.
    private var stripping: String {
        addsSpacePrefix ? #", {"type": "Strip", "content": " ", "start": 1, "stop": 0}"# : ""
    }

    /// Every way in which two pieces make a third, those of the best scores first: the order in which SentencePiece merges.
    private var merges: [(String, String)] {
        let table = PieceTable(pieces) { kinds[$0] == .normal || kinds[$0] == .unused }
        let ids = pieces.indices.filter { kinds[$0] == .normal }.sorted { (-scores[$0], $0) < (-scores[$1], $1) }
        return ids.flatMap { id in
            let scalars = pieces[id].unicodeScalars
            let ways = scalars.indices.dropFirst().compactMap { middle -> (Int, Int)? in
                let (left, right) = (Array(String(scalars[..<middle]).utf8), Array(String(scalars[middle...]).utf8))
                guard let left = table.id(of: left.span), let right = table.id(of: right.span) else { return nil }
                return (left, right)
            }
            return ways.sorted { $0 < $1 }.map { (pieces[$0], pieces[$1]) }
        }
    }
}

extension String {
    /// The text as a JSON string.
    fileprivate var quoted: String {
        var quoted = "\""
        for scalar in unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case "\u{0}"..<" ":
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
