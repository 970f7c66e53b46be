/// The shapes and constants of a Mixtral-style decoder: all that the forward pass needs beside the weights.
public struct Architecture: Codable, Sendable, Equatable {
    /// Which components of a head a rotation pairs (Su et al., 2021, arXiv 2104.09864).
    public enum RotaryPairing: String, Codable, Sendable {
        /// Components 2i and 2i+1 (GGUF's `llama`).
        case adjacent
        /// Components i and i + dimensions/2 (Hugging Face).
        case halves
    }

    public var vocabularySize: Int
    public var hiddenSize: Int
    public var layerCount: Int
    public var headCount: Int
    public var keyValueHeadCount: Int
    /// Components of a head; not always `hiddenSize / headCount`.
    public var headSize: Int
    /// Width of one expert.
    public var intermediateSize: Int
    public var expertCount: Int
    /// Experts that a token visits (top-k).
    public var expertsPerToken: Int
    public var normEpsilon: Float
    public var rotaryBase: Float
    public var rotaryPairing: RotaryPairing
    /// Components of a head that are rotated, an even number.
    public var rotaryDimensions: Int
    /// Positions a token sees, itself included; nil: all before it.
    public var slidingWindow: Int?
    /// Whether the output projection is the token embedding.
    public var tiedEmbeddings: Bool
    /// Positions the model was made for.
    public var contextLength: Int

    public init(
        vocabularySize: Int, hiddenSize: Int, layerCount: Int, headCount: Int, keyValueHeadCount: Int, headSize: Int,
        intermediateSize: Int, expertCount: Int, expertsPerToken: Int, normEpsilon: Float, rotaryBase: Float,
        rotaryPairing: RotaryPairing, rotaryDimensions: Int, slidingWindow: Int?, tiedEmbeddings: Bool,
        contextLength: Int
    ) {
        self.vocabularySize = vocabularySize
        self.hiddenSize = hiddenSize
        self.layerCount = layerCount
        self.headCount = headCount
        self.keyValueHeadCount = keyValueHeadCount
        self.headSize = headSize
        self.intermediateSize = intermediateSize
        self.expertCount = expertCount
        self.expertsPerToken = expertsPerToken
        self.normEpsilon = normEpsilon
        self.rotaryBase = rotaryBase
        self.rotaryPairing = rotaryPairing
        self.rotaryDimensions = rotaryDimensions
        self.slidingWindow = slidingWindow
        self.tiedEmbeddings = tiedEmbeddings
        self.contextLength = contextLength
    }
}
