/// What `run --json` and `--stats` must hold; a missing number fails to decode.
struct Statistics: Decodable {
    var promptTokens: Int
    var generatedTokens: Int
    var prefillSeconds: Double
    var decodeSeconds: Double
    var decodeTokensPerSecond: Double
    var ramBudgetBytes: Int
    var peakMemoryBytes: Int
    var expertHits: Int
    var expertMisses: Int
    var expertSlots: Int
    var expertCount: Int
    var bytesRead: Int
    var waitSeconds: Double
    var diskBytesPerSecond: Double
    var ending: String?
}

/// What `score --json` prints.
struct Scores: Decodable {
    var tokens: [Int]
    var logprobs: [Double?]
    var perplexity: Double
    var statistics: Statistics
}

/// What `tokenize --json` prints.
struct Tokens: Decodable {
    var tokens: [Int]
    var text: String
}

/// What `pack --json` prints.
struct Packed: Decodable {
    var path: String
    var bytes: Int
    var seconds: Double
}

/// What `inspect --json` prints, in part.
struct Summary: Decodable {
    var name: String
    var kind: String
    var expertFormats: [String: Int]
    var denseFormats: [String: Int]
    var expertBytes: Int
    var memory: Memory?

    struct Memory: Decodable {
        var budget: Int
        var smallestBudget: Int
    }
}

/// What `train --json` prints, in part.
struct Trained: Decodable {
    var router: String
    var seed: Int
    var steps: Int
    var validationLoss: Double
    var validationLossTrainingForm: Double?
    var validationLossByDomain: [String: Double]
    var trainLoss: Double
    var tokensPerSecond: Double
    var parameters: Int
    var activeParameters: Int
    var layers: [Layer]
    var checkpoint: String

    struct Layer: Decodable {
        var load: [Int]
        var maxOverMean: Double
        var cv: Double
        var entropy: Double
    }
}
