/// The first line of a routing trace: which model, and its shape.
///
/// A trace is a text of JSON lines: this header, then one ``RoutingTraceEntry`` for each token and layer. Within a layer
/// tokens come in order; a prompt passes layer by layer, so its lines are grouped by layer.
public struct RoutingTraceHeader: Codable, Sendable, Equatable {
    public static let formatName = "offstage-trace"
    public static let currentVersion = 1

    public var format = Self.formatName
    public var version = Self.currentVersion
    public var model: String
    public var layers: Int
    public var experts: Int
    public var topK: Int

    public init(model: String, layers: Int, experts: Int, topK: Int) {
        self.model = model
        self.layers = layers
        self.experts = experts
        self.topK = topK
    }

    enum CodingKeys: String, CodingKey {
        case format, version, model, layers, experts
        case topK = "top_k"
    }
}

/// One token's choice in one layer.
public struct RoutingTraceEntry: Codable, Sendable, Equatable {
    /// Whether the token was read or written by the model.
    public enum Phase: String, Codable, Sendable { case prompt, decode }

    public var phase: Phase
    /// The token's position in the text, from 0.
    public var token: Int
    /// The token's id in the vocabulary.
    public var id: Int
    public var layer: Int
    /// Experts in the order of the router's preference.
    public var experts: [Int]
    /// The weight of each, as used to combine the outputs.
    public var weights: [Float]

    public init(phase: Phase, token: Int, id: Int, layer: Int, experts: [Int], weights: [Float]) {
        self.phase = phase
        self.token = token
        self.id = id
        self.layer = layer
        self.experts = experts
        self.weights = weights
    }
}
