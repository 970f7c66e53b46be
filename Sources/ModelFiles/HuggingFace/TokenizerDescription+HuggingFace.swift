import FoundationEssentials

extension TokenizerDescription {
    private static let modelName = "tokenizer.model"

    /// The tokenizer of a folder: SentencePiece's model, and what the JSON files beside it add.
    ///
    /// - Parameter vocabularySize: tokens the model knows; the pieces are filled up to it.
    init(folder: ModelFolder, ids: [TokenIDs], vocabularySize: Int) throws {
        guard let model = try folder.file(Self.modelName) else { throw folder.withoutTokenizer }
        try refuseLFSPointer(model)
        self = try TokenizerDescription(
            sentencePiece: model.contents(limit: 1 << 26), for: vocabularySize, of: model)
        let settings = try folder.decoded(
            TokenizerConfiguration.self, from: "tokenizer_config.json", keys: .convertFromSnakeCase)
        try add(folder.addedTokens(settings), path: folder.path)
        if let added = settings?.addPrefixSpace { addsSpacePrefix = added }
        addsBeginning = settings?.addBosToken ?? true
        chatTemplate = try folder.chatTemplate ?? settings?.chatTemplate?.text
        beginningID = ids.lazy.compactMap(\.bosTokenId?.ids.first).first ?? beginningID
        let ends = ids.flatMap { $0.eosTokenId?.ids ?? [] }.uniqued()
        if !ends.isEmpty { endIDs = ends }
        for id in endIDs + [beginningID].compactMap(\.self) where !pieces.indices.contains(id) {
            throw folder.error("has the special token \(id), but tokens only up to \(pieces.count - 1)")
        }
    }

    /// Puts added tokens at their ids, where the vocabulary itself has none.
    private mutating func add(_ tokens: [Int: TokenizerConfiguration.AddedToken], path: String) throws {
        for (id, token) in tokens {
            guard id < pieces.count else {
                throw ModelFileError(
                    path: path,
                    problem:
                        "adds the token \(token.content) as \(id), but the model knows \(pieces.count) tokens")
            }
            guard id >= 0, pieces[id] == Self.padding(id) else { continue }
            pieces[id] = token.content
            scores[id] = -1_000
            kinds[id] = token.special == true ? .control : .userDefined
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
