/// What transformers must know of a vocabulary beside `tokenizer.json`: a `tokenizer_config.json`.
///
/// Encoded with keys converted to snake case.
struct ExportedTokenizer: Encodable {
    /// The class that takes `tokenizer.json` as it is.
    var tokenizerClass = "PreTrainedTokenizerFast"
    var addBosToken: Bool
    var addEosToken: Bool
    var bosToken: String?
    var eosToken: String?
    var unkToken: String?
    var addPrefixSpace: Bool
    var cleanUpTokenizationSpaces = false
    var chatTemplate: String?

    init(_ description: TokenizerDescription) {
        addBosToken = description.addsBeginning
        addEosToken = description.addsEnd ?? false
        bosToken = description.beginningID.map { description.pieces[$0] }
        eosToken = description.endIDs.first.map { description.pieces[$0] }
        unkToken = description.unknownID.map { description.pieces[$0] }
        addPrefixSpace = description.addsSpacePrefix
        chatTemplate = description.chatTemplate
    }
}

/// The ids in a `generation_config.json`.
struct ExportedIDs: Encodable {
    var bosTokenId: Int?
    var eosTokenId: [Int]?

    init(_ description: TokenizerDescription) {
        bosTokenId = description.beginningID
        eosTokenId = description.endIDs.isEmpty ? nil : description.endIDs
    }
}
