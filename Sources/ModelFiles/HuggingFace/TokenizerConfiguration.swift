import FoundationEssentials

/// What `tokenizer_config.json` says that is read here.
///
/// Decoded with keys converted from snake case.
struct TokenizerConfiguration: Decodable, Sendable {
    var addBosToken: Bool?
    var addEosToken: Bool?
    var addPrefixSpace: Bool?
    var bosToken: Piece?
    var eosToken: Piece?
    var chatTemplate: ChatTemplate?
    /// Tokens beyond SentencePiece's own, by id.
    var addedTokensDecoder: [String: AddedToken]?

    struct AddedToken: Decodable, Sendable {
        var content: String
        var special: Bool?
    }

    /// A token by its text: alone, or with settings of its own.
    struct Piece: Decodable, Sendable {
        let content: String?

        init(from decoder: any Decoder) throws {
            let text = try? decoder.singleValueContainer().decode(String.self)
            content = text ?? (try? AddedToken(from: decoder))?.content
        }
    }

    /// One template, or several with names, of which `default` counts.
    struct ChatTemplate: Decodable, Sendable {
        let text: String?

        private struct Named: Decodable {
            let name: String
            let template: String
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let text = try? container.decode(String.self) {
                self.text = text
            } else {
                let templates = try container.decode([Named].self)
                text = (templates.first { $0.name == "default" } ?? templates.first)?.template
            }
        }
    }
}
