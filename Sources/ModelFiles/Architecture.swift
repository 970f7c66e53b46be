/// The shapes and constants of a decoder with experts: all that the forward pass needs beside the weights.
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
    /// Experts that a token visits (top-k); where the number varies from token to token, its mean.
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
    /// How a token finds its experts.
    public var routing: Routing
    /// What of queries and keys is RMS-normalized before it is rotated.
    public var qkNorm: QueryKeyNorm
    /// Width of an expert that every token visits, beside those it is routed to; nil: there is none.
    public var sharedIntermediateSize: Int?

    /// The greatest number of experts that a token visits.
    public var visitsPerToken: Int { routing.selection == .threshold ? expertCount : expertsPerToken }

    public init(
        vocabularySize: Int, hiddenSize: Int, layerCount: Int, headCount: Int, keyValueHeadCount: Int, headSize: Int,
        intermediateSize: Int, expertCount: Int, expertsPerToken: Int, normEpsilon: Float, rotaryBase: Float,
        rotaryPairing: RotaryPairing, rotaryDimensions: Int, slidingWindow: Int?, tiedEmbeddings: Bool,
        contextLength: Int, routing: Routing = .mixtral, qkNorm: QueryKeyNorm = .none,
        sharedIntermediateSize: Int? = nil
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
        self.routing = routing
        self.qkNorm = qkNorm
        self.sharedIntermediateSize = sharedIntermediateSize
    }

    /// What was written before there were other routers than Mixtral's is Mixtral's.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        vocabularySize = try values.decode(Int.self, forKey: .vocabularySize)
        hiddenSize = try values.decode(Int.self, forKey: .hiddenSize)
        layerCount = try values.decode(Int.self, forKey: .layerCount)
        headCount = try values.decode(Int.self, forKey: .headCount)
        keyValueHeadCount = try values.decode(Int.self, forKey: .keyValueHeadCount)
        headSize = try values.decode(Int.self, forKey: .headSize)
        intermediateSize = try values.decode(Int.self, forKey: .intermediateSize)
        expertCount = try values.decode(Int.self, forKey: .expertCount)
        expertsPerToken = try values.decode(Int.self, forKey: .expertsPerToken)
        normEpsilon = try values.decode(Float.self, forKey: .normEpsilon)
        rotaryBase = try values.decode(Float.self, forKey: .rotaryBase)
        rotaryPairing = try values.decode(RotaryPairing.self, forKey: .rotaryPairing)
        rotaryDimensions = try values.decode(Int.self, forKey: .rotaryDimensions)
        slidingWindow = try values.decodeIfPresent(Int.self, forKey: .slidingWindow)
        tiedEmbeddings = try values.decode(Bool.self, forKey: .tiedEmbeddings)
        contextLength = try values.decode(Int.self, forKey: .contextLength)
        routing = try values.decodeIfPresent(Routing.self, forKey: .routing) ?? .mixtral
        qkNorm = try values.decodeIfPresent(QueryKeyNorm.self, forKey: .qkNorm) ?? .none
        sharedIntermediateSize = try values.decodeIfPresent(Int.self, forKey: .sharedIntermediateSize)
    }
}
