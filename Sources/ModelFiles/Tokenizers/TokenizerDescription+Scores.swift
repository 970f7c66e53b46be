extension TokenizerDescription {
    /// A vocabulary with merges of characters as SentencePiece has it: with a score for each piece, which joins whatever
    /// makes the piece of the highest score.
    ///
    /// Nil where that would join otherwise: where not every way to make a piece is among the merges, where merges of
    /// different pieces mix, or where the text goes through more than SentencePiece puts it through.
    var withScores: TokenizerDescription? {
        guard kind == .mergedBPE, let merging, !merging.ignoresMerges, let prefix = spacePrefix(of: merging) else {
            return nil
        }
        var scored = self
        scored.kind = .sentencePieceBPE
        scored.merging = nil
        scored.addsSpacePrefix = prefix
        scored.scores = Array(repeating: 0, count: pieces.count)
        let table = PieceTable(pieces) { [.normal, .unused].contains(kinds[$0]) }
        var last: Int?
        var isMade = Array(repeating: false, count: pieces.count)
        for rank in 0..<merging.merges.count / 2 {
            let pair = [2 * rank, 2 * rank + 1].flatMap { Array(pieces[Int(merging.merges[$0])].utf8) }
            guard let id = table.id(of: pair.span) else { return nil }
            guard id != last else { continue }
            guard !isMade[id] else { return nil }
            isMade[id] = true
            scored.scores[id] = -Float(rank)
            last = id
        }
        // As many as SentencePiece would find, so the same: those that were given are all possible ones.
        return scored.merges.count == merging.merges.count / 2 ? scored : nil
    }

    /// Whether a space is put in front of a text; nil where something else is done to it, too.
    private func spacePrefix(of rules: MergeRules) -> Bool? {
        let space = String(Self.space)
        let replacing = TextStep.replaced(" ", isLiteral: true, with: space)
        guard rules.splits.isEmpty, rules.added.isEmpty else { return nil }
        switch rules.normalization + rules.preparation {
        case [replacing]: return false
        case [.prepended(space), replacing], [replacing, .prepended(space)]: return true
        default: return nil
        }
    }
}
