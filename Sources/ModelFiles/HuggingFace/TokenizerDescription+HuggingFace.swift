import FoundationEssentials

extension TokenizerDescription {
    private static let modelName = "tokenizer.model"

    /// The tokenizer of a folder: SentencePiece's model, and what the JSON files beside it add.
    ///
    /// - Parameters:
    ///   - tokens: what the model's settings tell of special tokens, those first that go first.
    ///   - vocabularySize: tokens the model knows; the pieces are filled up to it.
    init(folder: ModelFolder, tokens: [SpecialTokens], vocabularySize: Int) throws {
        guard let model = try folder.file(Self.modelName) else { throw folder.withoutTokenizer }
        try refuseLFSPointer(model)
        self = try TokenizerDescription(
            sentencePiece: model.contents(limit: 1 << 26), for: vocabularySize, of: model)
        let settings = try folder.decoded(
            TokenizerConfiguration.self, from: "tokenizer_config.json", keys: .convertFromSnakeCase)
        add(try folder.addedTokens(settings))
        if let added = settings?.addPrefixSpace { addsSpacePrefix = added }
        addsBeginning = settings?.addBosToken ?? true
        chatTemplate = try folder.chatTemplate ?? settings?.chatTemplate?.text
        let beginning = try tokens.lazy.compactMap(\.bosTokenId?.tokens.first).first.map { try id(of: $0, in: folder) }
        beginningID = beginning ?? settings?.bosToken?.content.flatMap(id) ?? beginningID
        let ends = try tokens.flatMap { $0.eosTokenId?.tokens ?? [] }.map { try id(of: $0, in: folder) }.uniqued()
        let named = settings?.eosToken?.content.flatMap(id).map { [$0] } ?? endIDs
        endIDs = ends.isEmpty ? named : ends
    }

    /// Puts added tokens at their ids, where the vocabulary itself has none. One that the embeddings have no row for
    /// cannot be read or written, as the model is; then it is text like any other.
    private mutating func add(_ tokens: [Int: TokenizerConfiguration.AddedToken]) {
        for (id, token) in tokens where pieces.indices.contains(id) && pieces[id] == Self.padding(id) {
            pieces[id] = token.content
            scores[id] = -1_000
            kinds[id] = token.special == true ? .control : .userDefined
        }
    }

    private func id(of piece: String) -> Int? { pieces.firstIndex { $0.utf8.elementsEqual(piece.utf8) } }

    private func id(of token: SpecialTokens.Token, in folder: ModelFolder) throws -> Int {
        switch token {
        case .id(let id):
            guard pieces.indices.contains(id) else {
                throw folder.error("has the special token \(id), but tokens only up to \(pieces.count - 1)")
            }
            return id
        case .piece(let piece):
            guard let id = id(of: piece) else {
                throw folder.error(
                    "has the special token \(piece.debugDescription), which is not in its vocabulary",
                    "Give the token's number as bos_token_id or eos_token_id in generation_config.json")
            }
            return id
        }
    }
}

extension ModelFolder {
    fileprivate func addedTokens(
        _ settings: TokenizerConfiguration?
    ) throws -> [Int: TokenizerConfiguration.AddedToken] {
        var tokens: [Int: TokenizerConfiguration.AddedToken] = [:]
        for (content, id) in try decoded([String: Int].self, from: "added_tokens.json") ?? [:] {
            tokens[id] = TokenizerConfiguration.AddedToken(content: content)
        }
        for (id, token) in settings?.addedTokensDecoder ?? [:] {
            guard let id = Int(id) else { throw error("tokenizer_config.json adds a token as \(id), which is no id") }
            tokens[id] = token
        }
        return tokens
    }

    /// The template in a file of its own, which goes before the one in `tokenizer_config.json`.
    fileprivate var chatTemplate: String? {
        get throws {
            guard let file = try file("chat_template.jinja") else { return nil }
            let bytes = try file.contents(limit: 1 << 24)
            guard let text = String(validating: bytes, as: UTF8.self) else { throw file.error("is not UTF-8") }
            return text
        }
    }

    fileprivate var withoutTokenizer: ModelFileError {
        let other = ["tokenizer.json", "tekken.json"].first(where: has)
        return error(
            other.map { "has only \($0) as its tokenizer" } ?? "has no tokenizer",
            "Needed is tokenizer.model (SentencePiece): fetch it from the original model into this folder")
    }
}
