/// A made-up vocabulary in the manner of SentencePiece's byte-pair encoding.
///
/// Specials, 256 bytes, merges from the best on, single characters last. Each merge joins two pieces that come earlier
/// (or are single characters), so that every piece can be reached, and bytes catch whatever is left of any text.
struct SyntheticVocabulary {
    private static let specials = ["<unk>", "<s>", "</s>"]
    /// The id of the first piece that is neither special nor a byte.
    static let firstPiece = specials.count + 256
    private static let space = "\u{2581}"
    /// The space and the printable characters of ASCII.
    private static let characters = [space] + (0x21...0x7e).map { String(UnicodeScalar($0 as UInt8)) }
    private static let consonants = "t n s r h l d c m p f g b w v k".split(separator: " ").map(String.init)
    private static let vowels = "e a o i u".split(separator: " ").map(String.init)

    /// From no merge to every piece with up to three syllables.
    static let sizes = firstPiece + characters.count...1 << 19

    let pieces: [String]

    /// - Precondition: `size` is in ``sizes``.
    init(size: Int) {
        precondition(Self.sizes.contains(size), "a vocabulary of \(size)")
        let bytes = (0...255).map { byte in "<0x\(byte < 16 ? "0" : "")\(String(byte, radix: 16, uppercase: true))>" }
        pieces = Self.specials + bytes + Self.merges(count: size - Self.sizes.lowerBound) + Self.characters
    }

    /// Syllables, then syllables after a space, then these with one and with two more syllables.
    private static func merges(count: Int) -> [String] {
        let syllables = consonants.flatMap { consonant in vowels.map { consonant + $0 } }
        let beginnings = syllables.map { space + $0 }
        var merges = syllables + beginnings
        var words = beginnings
        while merges.count < count {
            words = words.lazy.flatMap { word in syllables.map { word + $0 } }.prefix(count - merges.count).map(\.self)
            merges += words
        }
        return Array(merges.prefix(count))
    }

    var metadata: [(key: String, value: GGUFValue)] {
        let values: [(String, GGUFValue)] = [
            ("tokenizer.ggml.model", .string("llama")),
            ("tokenizer.ggml.pre", .string("default")),
            ("tokenizer.ggml.tokens", .strings(pieces)),
            ("tokenizer.ggml.scores", .float32s(scores)),
            ("tokenizer.ggml.token_type", .int32s(kinds.map { Int32($0.rawValue) })),
            ("tokenizer.ggml.bos_token_id", .uint32(1)),
            ("tokenizer.ggml.eos_token_id", .uint32(2)),
            ("tokenizer.ggml.unknown_token_id", .uint32(0)),
            ("tokenizer.ggml.add_bos_token", .bool(true)),
            ("tokenizer.ggml.add_eos_token", .bool(false)),
            ("tokenizer.ggml.add_space_prefix", .bool(true)),
        ]
        return values.map { (key: $0.0, value: $0.1) }
    }

    /// Minus the rank of a merge; characters stand behind all merges.
    private var scores: [Float] {
        pieces.indices.map { $0 < Self.firstPiece ? 0 : Float(Self.firstPiece - $0) }
    }

    private var kinds: [TokenizerDescription.PieceKind] {
        pieces.indices.map { id in
            switch id {
            case 0: .unknown
            case 1, 2: .control
            case 3..<Self.firstPiece: .byte
            default: .normal
            }
        }
    }
}
