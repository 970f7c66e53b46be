/// The first line of a routing trace: which model, and its shape.
///
/// A trace is a text of JSON lines: this header, then one ``RoutingTraceEntry`` for each token and layer. Within a layer
/// tokens come in order; a prompt passes layer by layer, so its lines are grouped by layer. Since version 2 a line
/// `{"text":{…}}`, a ``RoutingTraceText``, begins a text.
public struct RoutingTraceHeader: Codable, Sendable, Equatable {
    public static let formatName = "offstage-trace"
    public static let currentVersion = 2
    static let versions = 1...currentVersion

    public var format = Self.formatName
    public var version = Self.currentVersion
    public var model: String
    public var layers: Int
    public var experts: Int
    public var topK: Int
    /// The size of an expert in bytes, for every layer; nil where it is not known. Since version 2.
    public var expertBytes: [Int]?

    public init(model: String, layers: Int, experts: Int, topK: Int, expertBytes: [Int]? = nil) {
        self.model = model
        self.layers = layers
        self.experts = experts
        self.topK = topK
        self.expertBytes = expertBytes
    }

    enum CodingKeys: String, CodingKey {
        case format, version, model, layers, experts
        case topK = "top_k"
        case expertBytes = "expert_bytes"
    }
}

/// The beginning of a text in a routing trace.
public struct RoutingTraceText: Codable, Sendable, Equatable {
    public var name: String?
    /// The kind of text, where somebody said.
    public var domain: String?

    public init(name: String? = nil, domain: String? = nil) {
        self.name = name
        self.domain = domain
    }
}

/// One token's choice in one layer.
public struct RoutingTraceEntry: Codable, Sendable, Equatable {
    /// Whether the token was read or written by the model.
    public enum Phase: String, Codable, Sendable { case prompt, decode }

    public var phase: Phase
    /// The token's position in the text, from 0.
    public var token: Int
    /// The token's id in the vocabulary; −1 where it is not known.
    public var id: Int
    public var layer: Int
    /// Experts in the order of the router's preference.
    public var experts: [Int]
    /// The weight of each, as used to combine the outputs; none at all (no such field in a file) where they are not known.
    public var weights: [Float]
    /// How decided the gate was, where somebody looked.
    public var gate: GateReading?
    /// The ranks, from 0, of choices that a capacity turned away. They are not among the experts.
    public var dropped: [Int]

    public init(
        phase: Phase, token: Int, id: Int, layer: Int, experts: [Int], weights: [Float], gate: GateReading? = nil,
        dropped: [Int] = []
    ) {
        self.phase = phase
        self.token = token
        self.id = id
        self.layer = layer
        self.experts = experts
        self.weights = weights
        self.gate = gate
        self.dropped = dropped
    }
}

extension RoutingTraceEntry {
    /// Whether the weight of every expert is known.
    var hasWeights: Bool { weights.count == experts.count && weights.allSatisfy(\.isFinite) }

    enum CodingKeys: String, CodingKey { case phase, token, id, layer, experts, weights, gate, dropped }

    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        phase = try fields.decode(Phase.self, forKey: .phase)
        token = try fields.decode(Int.self, forKey: .token)
        id = try fields.decode(Int.self, forKey: .id)
        layer = try fields.decode(Int.self, forKey: .layer)
        experts = try fields.decode([Int].self, forKey: .experts)
        weights = try fields.decodeIfPresent([Float?].self, forKey: .weights)?.map { $0 ?? .nan } ?? []
        gate = try fields.decodeIfPresent(GateReading.self, forKey: .gate)
        dropped = try fields.decodeIfPresent([Int].self, forKey: .dropped) ?? []
    }

    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(phase, forKey: .phase)
        try fields.encode(token, forKey: .token)
        try fields.encode(id, forKey: .id)
        try fields.encode(layer, forKey: .layer)
        try fields.encode(experts, forKey: .experts)
        if hasWeights { try fields.encode(weights, forKey: .weights) }
        try fields.encodeIfPresent(gate, forKey: .gate)
        if !dropped.isEmpty { try fields.encode(dropped, forKey: .dropped) }
    }
}
