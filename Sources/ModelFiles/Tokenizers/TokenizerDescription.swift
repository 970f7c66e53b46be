/// All that is needed to make a tokenizer, as a store keeps it.
public struct TokenizerDescription: Codable, Sendable, Equatable {
    public enum Kind: String, Codable, Sendable {
        /// SentencePiece's byte-pair encoding (Kudo and Richardson, 2018, arXiv 1808.06226).
        case sentencePieceBPE
        /// Byte-pair encoding of bytes by a list of merges (Radford et al., 2019), as GPT-2, Llama 3, Qwen and most others
        /// since have it. Pieces are spelled in ``ByteAlphabet``.
        case byteLevelBPE
        /// Byte-pair encoding of characters by a list of merges: SentencePiece's vocabularies in a `tokenizer.json`.
        case mergedBPE
    }

    /// What a piece is for, numbered as SentencePiece and GGUF number it.
    public enum PieceKind: UInt8, Codable, Sendable {
        case normal = 1
        case unknown, control, userDefined, unused, byte
    }

    public var kind: Kind
    /// The pieces by id, in UTF-8 (`▁` stands for a space).
    public var pieces: [String]
    /// One for each piece, or none where merges have an order of their own.
    public var scores: [Float]
    public var kinds: [PieceKind]
    public var unknownID: Int?
    public var beginningID: Int?
    /// Every id that ends a text.
    public var endIDs: [Int]
    /// Whether a text begins with the beginning-of-sequence id.
    public var addsBeginning: Bool
    /// Whether a space is put in front of a text.
    public var addsSpacePrefix: Bool
    /// Whether runs of spaces are folded and spaces at both ends dropped.
    public var removesExtraSpaces: Bool
    /// What the unknown piece becomes in a text.
    public var unknownSurface: String
    /// The model's chat template (Jinja), if it has one.
    public var chatTemplate: String?
    /// Further ids that come after the beginning-of-sequence id, where a text begins with more than one.
    public var afterBeginning: [Int]?
    /// Whether a text ends with the first id that ends one; nil is no.
    public var addsEnd: Bool?
    /// What goes with a list of merges; nil for SentencePiece, which has scores instead.
    public var merging: MergeRules?

    public init(
        kind: Kind = .sentencePieceBPE, pieces: [String], scores: [Float], kinds: [PieceKind], unknownID: Int?,
        beginningID: Int?, endIDs: [Int], addsBeginning: Bool, addsSpacePrefix: Bool, removesExtraSpaces: Bool,
        unknownSurface: String = " \u{2047} ", chatTemplate: String? = nil, merging: MergeRules? = nil
    ) {
        self.kind = kind
        self.pieces = pieces
        self.scores = scores
        self.kinds = kinds
        self.unknownID = unknownID
        self.beginningID = beginningID
        self.endIDs = endIDs
        self.addsBeginning = addsBeginning
        self.addsSpacePrefix = addsSpacePrefix
        self.removesExtraSpaces = removesExtraSpaces
        self.unknownSurface = unknownSurface
        self.chatTemplate = chatTemplate
        self.merging = merging
    }
}

extension TokenizerDescription {
    /// The ids that a text begins with where it begins with any.
    package var beginning: [Int] { (beginningID.map { [$0] } ?? []) + (afterBeginning ?? []) }
}
