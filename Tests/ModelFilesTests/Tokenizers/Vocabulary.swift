import ModelFiles

/// A vocabulary written by hand: `<unk>`, `<s>`, `</s>`, then the pieces given, best first.
func vocabulary(
    _ pieces: [String], kinds: [String: TokenizerDescription.PieceKind] = [:], scores: [String: Float] = [:],
    bytes: Bool = false, spacePrefix: Bool = false, removesExtraSpaces: Bool = false, template: String? = nil
) -> TokenizerDescription {
    let byteNames = bytes ? (0..<256).map(byteName) : []
    let all = ["<unk>", "<s>", "</s>"] + pieces + byteNames
    return TokenizerDescription(
        pieces: all, scores: all.indices.map { scores[all[$0]] ?? -Float($0) },
        kinds: all.indices.map { kind(of: $0, pieceCount: pieces.count, named: kinds[all[$0]]) },
        unknownID: 0, beginningID: 1, endIDs: [2], addsBeginning: true, addsSpacePrefix: spacePrefix,
        removesExtraSpaces: removesExtraSpaces, chatTemplate: template)
}

private func byteName(_ byte: Int) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return "<0x\(digits.count == 1 ? "0" : "")\(digits)>"
}

private func kind(
    of id: Int, pieceCount: Int, named: TokenizerDescription.PieceKind?
) -> TokenizerDescription.PieceKind {
    switch id {
    case 0: .unknown
    case 1, 2: .control
    case 3..<3 + pieceCount: named ?? .normal
    default: .byte
    }
}

extension TokenizerDescription {
    /// The pieces of some ids, to be read in tests.
    func names(_ ids: [Int]) -> [String] { ids.map { pieces[$0] } }
}

/// A small generator with a seed (SplitMix64; Steele et al., 2014).
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }

    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) } }
}
