/// The special tokens that `config.json` and `generation_config.json` tell.
///
/// Decoded with keys converted from snake case.
struct SpecialTokens: Decodable, Sendable {
    var bosTokenId: OneOrMore?
    var eosTokenId: OneOrMore?

    enum Token: Sendable {
        case id(Int)
        /// By its piece, as some write where a number belongs.
        case piece(String)
    }

    /// A token or a list of tokens.
    struct OneOrMore: Decodable, Sendable {
        let tokens: [Token]

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            tokens = try (try? container.decode(Token.self)).map { [$0] } ?? container.decode([Token].self)
        }
    }
}

extension SpecialTokens.Token: Decodable {
    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        self = try (try? container.decode(String.self)).map(Self.piece) ?? .id(container.decode(Int.self))
    }
}
