import FoundationEssentials

extension TokenizerDescription {
    private static let modelName = "tokenizer.model"
    private static let jsonName = "tokenizer.json"
    /// The largest in use have 35 MB.
    private static let longestJSON = 1 << 27

    /// The tokenizer of a folder: SentencePiece's model or else `tokenizer.json`, and what the files beside them add.
    ///
    /// - Parameters:
    ///   - tokens: what the model's settings tell of special tokens, those first that go first.
    ///   - vocabularySize: tokens the model knows; the pieces are filled up to it.
    init(folder: ModelFolder, tokens: [SpecialTokens], vocabularySize: Int) throws {
        self = try Self.vocabulary(folder, size: vocabularySize)
        let settings = try folder.decoded(
            TokenizerConfiguration.self, from: "tokenizer_config.json", keys: .convertFromSnakeCase)
        add(try folder.addedTokens(settings))
        if kind == .sentencePieceBPE, let added = settings?.addPrefixSpace { addsSpacePrefix = added }
        addsBeginning = settings?.addBosToken ?? (kind == .sentencePieceBPE || addsBeginning)
        addsEnd = settings?.addEosToken ?? addsEnd ?? false ? true : nil
        chatTemplate = try folder.chatTemplate ?? settings?.chatTemplate?.text
        let beginning = try tokens.lazy.compactMap(\.bosTokenId?.tokens.first).first.map { try id(of: $0, in: folder) }
        let begins = afterBeginning == nil ? beginning ?? settings?.bosToken?.content.flatMap(id) : nil
        beginningID = begins ?? beginningID
        let ends = try tokens.flatMap { $0.eosTokenId?.tokens ?? [] }.map { try id(of: $0, in: folder) }.uniqued()
        let named = settings?.eosToken?.content.flatMap(id).map { [$0] } ?? endIDs
        endIDs = ends.isEmpty ? named : ends
        addKnownEnds()
        guard !addsBeginning || beginningID != nil || kind == .sentencePieceBPE else {
            throw folder.error(
                "begins its texts with a token (add_bos_token), but names none",
                "Give its number as bos_token_id in generation_config.json")
        }
    }

    private static func vocabulary(_ folder: ModelFolder, size: Int) throws -> TokenizerDescription {
        let json = try folder.file(jsonName)
        guard let model = try folder.file(modelName) else {
            guard let json else { throw folder.withoutTokenizer }
            return try TokenizerDescription(json: json, vocabularySize: size)
        }
        do {
            try refuseLFSPointer(model)
            return try TokenizerDescription(sentencePiece: model.contents(limit: 1 << 26), for: size, of: model)
        } catch {
            // Llama 3's has this name and is something else.
            guard let json, let description = try? TokenizerDescription(json: json, vocabularySize: size) else {
                throw error
            }
            return description
        }
    }

    /// The tokenizer in a `tokenizer.json`.
    ///
    /// - Parameter vocabularySize: tokens the model knows; nil: as many as there are.
    init(json file: InputFile, vocabularySize: Int?) throws {
        try refuseLFSPointer(file)
        let bytes = try file.contents(limit: Self.longestJSON)
        let json: TokenizerJSON
        do throws(TokenizerJSON.Failure) {
            json = try TokenizerJSON(bytes)
        } catch {
            throw file.error("is no vocabulary that can be used: \(error.finding)", error.wayOut)
        }
        let size = vocabularySize ?? (json.pieces.keys.max() ?? -1) + 1
        try self.init(json, size: size, file)
    }

    private init(_ json: TokenizerJSON, size: Int, _ file: InputFile) throws {
        // Added tokens that the embeddings have no row for are text like any other.
        if let beyond = json.pieces.filter({ $0.key >= size && ![.control, .userDefined].contains($0.value.kind) }).keys
            .max()
        {
            throw file.error("has a piece with the id \(beyond), but the model knows \(size) tokens")
        }
        let special = json.frame.before + json.frame.after
        if let beyond = special.first(where: { $0 >= size }) {
            throw file.error("puts the token \(beyond) into texts, but the model knows \(size) tokens")
        }
        self.init(
            kind: json.kind, pieces: (0..<size).map { json.pieces[$0]?.text ?? Self.padding($0) }, scores: [],
            kinds: (0..<size).map { json.pieces[$0]?.kind ?? .unused }, unknownID: json.unknownID,
            beginningID: json.frame.before.first, endIDs: json.frame.after, addsBeginning: !json.frame.before.isEmpty,
            addsSpacePrefix: json.stripsFirstSpace, removesExtraSpaces: false, merging: json.merging)
        merging?.added.removeAll { $0.id >= size }
        if json.frame.before.count > 1 { afterBeginning = Array(json.frame.before.dropFirst()) }
        if !json.frame.after.isEmpty { addsEnd = true }
        do throws(TokenizerError) {
            _ = try tokenizer()
        } catch {
            throw file.error("is no vocabulary that can be used: it has \(error.finding)", error.wayOut)
        }
    }

    /// Puts added tokens at their ids, where the vocabulary itself has none. One that the embeddings have no row for
    /// cannot be read or written, as the model is; then it is text like any other.
    private mutating func add(_ tokens: [Int: TokenizerConfiguration.AddedToken]) {
        for (id, token) in tokens where pieces.indices.contains(id) && pieces[id] == Self.padding(id) {
            pieces[id] = token.content
            if kind == .sentencePieceBPE { scores[id] = -1_000 }
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
        let other = ["tekken.json", "vocab.json"].first(where: has)
        return error(
            other.map { "has only \($0) as its tokenizer" } ?? "has no tokenizer",
            "Needed is tokenizer.model (SentencePiece) or tokenizer.json: fetch it from the original model into this "
                + "folder, or load the tokenizer with transformers and call save_pretrained(folder)")
    }
}
