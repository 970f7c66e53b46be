/// Vocabularies that need no training. Neither they nor a trained one (``BytePairTrainer``) put a space in front of a text
/// or fold spaces, so that every text comes back as it was; but SentencePiece knows a space only as `▁`, so that a `▁` of
/// the text itself is read as a space.
extension TokenizerDescription {
    static let specialPieces = ["<unk>", "<s>", "</s>"]
    /// `<0x00>` to `<0xFF>`.
    static let bytePieces = (0...255).map { byte in
        "<0x\(byte < 16 ? "0" : "")\(String(byte, radix: 16, uppercase: true))>"
    }
    static let space: Unicode.Scalar = "\u{2581}"

    /// A token for each of some characters, in the order of their numbers. Others become `<unk>`.
    package static func characters(_ characters: Set<Unicode.Scalar>) -> TokenizerDescription {
        let pieces = Set(characters.map { $0 == " " ? space : $0 }).sorted()
        return trained(pieces.map { String($0) }, bytes: false)
    }

    /// A token for each byte, and one for the space, which SentencePiece replaces before it looks for bytes.
    package static var bytes: TokenizerDescription { trained([String(space)], bytes: true) }

    /// `<unk>`, `<s>`, `</s>`, bytes where wanted, then pieces, best first.
    static func trained(_ pieces: [String], bytes: Bool) -> TokenizerDescription {
        let fixed = specialPieces + (bytes ? bytePieces : [])
        let fixedKinds: [PieceKind] = [.unknown, .control, .control] + (bytes ? bytePieces.map { _ in .byte } : [])
        return TokenizerDescription(
            pieces: fixed + pieces, scores: fixed.map { _ in 0 } + pieces.indices.map { -Float($0) },
            kinds: fixedKinds + pieces.map { _ in .normal }, unknownID: 0, beginningID: 1, endIDs: [2],
            addsBeginning: false, addsSpacePrefix: false, removesExtraSpaces: false)
    }

    /// A number that changes with whatever changes the ids of a text.
    package var digest: UInt64 {
        var digest = SourceDigest()
        for (id, piece) in pieces.enumerated() {
            digest.combine(piece.utf8)
            digest.combine(Int(scores.isEmpty ? 0 : scores[id].bitPattern) << 8 | Int(kinds[id].rawValue))
        }
        for id in [unknownID, beginningID].map({ $0 ?? -1 }) + endIDs { digest.combine(id) }
        digest.combine([addsBeginning ? 1 : 0, addsSpacePrefix ? 1 : 0, removesExtraSpaces ? 1 : 0])
        return digest.value
    }
}
