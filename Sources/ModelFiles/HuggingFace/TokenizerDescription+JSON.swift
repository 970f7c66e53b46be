extension TokenizerDescription {
    /// A `tokenizer.json` (Hugging Face's tokenizers) that cuts text as this vocabulary does.
    ///
    /// Put together by hand: encoders keep objects in dictionaries, where Swift takes `é` as one scalar and as two for
    /// the same key.
    var huggingFaceJSON: String {
        """
        {"version": "1.0", "truncation": null, "padding": null,
        "added_tokens": [\(addedTokens)],
        "normalizer": \(merging?.normalizerJSON ?? normalizer),
        "pre_tokenizer": \(merging?.preTokenizerJSON(isByteLevel: kind == .byteLevelBPE) ?? "null"),
        "post_processor": \(postProcessor),
        "decoder": \(decoder),
        "model": {"type": "BPE", "dropout": null, "unk_token": \(unknownID.map { pieces[$0].quoted } ?? "null"),
        "continuing_subword_prefix": null, "end_of_word_suffix": null, "fuse_unk": \(merging?.fusesUnknown ?? true),
        "byte_fallback": \(kinds.contains(.byte)), "ignore_merges": \(merging?.ignoresMerges ?? false),
        "vocab": {\(vocabulary.map { "\(pieces[$0].quoted): \($0)" }.joined(separator: ",\n"))},
        "merges": [\(mergedPairs.map { "[\($0.quoted), \($1.quoted)]" }.joined(separator: ",\n"))]}}

        """
    }

    /// The ids that have a piece.
    private var vocabulary: [Int] {
        merging == nil ? Array(pieces.indices) : pieces.indices.filter { kinds[$0] != .unused }
    }

    private var mergedPairs: [(String, String)] {
        guard let merges = merging?.merges else { return self.merges }
        return stride(from: 0, to: merges.count, by: 2).map { (pieces[Int(merges[$0])], pieces[Int(merges[$0 + 1])]) }
    }

    private var decoder: String {
        guard kind != .byteLevelBPE else {
            return #"{"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true}"#
        }
        return #"{"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, "#
            + #"{"type": "ByteFallback"}, {"type": "Fuse"}\#(stripping)]}"#
    }

    /// Pieces that a text is searched for before it is cut.
    private var addedTokens: String {
        let rules = Dictionary((merging?.added ?? []).map { ($0.id, $0) }, uniquingKeysWith: { $1 })
        return pieces.indices.filter { [.control, .unknown, .userDefined].contains(kinds[$0]) }.map { id in
            let rule = rules[id] ?? AddedPiece(id: id)
            return #"{"id": \#(id), "content": \#(pieces[id].quoted), "single_word": \#(rule.isSingleWord), "#
                + #""lstrip": \#(rule.stripsLeft), "rstrip": \#(rule.stripsRight), "normalized": \#(rule.isNormalized), "#
                + #""special": \#(kinds[id] != .userDefined)}"#
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
        let (before, after) = (addsBeginning ? beginning : [], addsEnd ?? false ? endIDs.prefix(1) : [])
        guard !before.isEmpty || !after.isEmpty else { return "null" }
        func framed(_ sequence: String, _ type: Int) -> String {
            func mark(_ id: Int) -> String { #"{"SpecialToken": {"id": \#(pieces[id].quoted), "type_id": \#(type)}}"# }
            let text = #"{"Sequence": {"id": "\#(sequence)", "type_id": \#(type)}}"#
            return (before.map(mark) + [text] + after.map(mark)).joined(separator: ", ")
        }
        let marks = Set(before + after).sorted().map { id in
            let mark = pieces[id].quoted
            return #"\#(mark): {"id": \#(mark), "ids": [\#(id)], "tokens": [\#(mark)]}"#
        }
        return #"{"type": "TemplateProcessing", "single": [\#(framed("A", 0))], "#
            + #""pair": [\#(framed("A", 0)), \#(framed("B", 1))], "#
            + #""special_tokens": {\#(marks.joined(separator: ", "))}}"#
    }

    /// The space that was put in front is dropped again.
    private var stripping: String {
        addsSpacePrefix ? #", {"type": "Strip", "content": " ", "start": 1, "stop": 0}"# : ""
    }

    /// Every way in which two pieces make a third, those of the best scores first: the order in which SentencePiece merges.
    var merges: [(String, String)] {
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
    var quoted: String {
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
