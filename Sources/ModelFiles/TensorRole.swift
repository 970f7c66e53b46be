/// What a tensor is for, whatever a file calls it: its kind, and which layer and expert it belongs to.
package struct TensorRole: Hashable, Sendable {
    package let kind: Kind
    /// Nil outside the layers.
    package let layer: Int?
    /// Nil outside the experts.
    package let expert: Int?

    package init(_ kind: Kind, layer: Int? = nil, expert: Int? = nil) {
        self.kind = kind
        self.layer = layer
        self.expert = expert
    }

    package static let tokenEmbedding = TensorRole(.tokenEmbedding)
    package static let outputNorm = TensorRole(.outputNorm)
    package static let output = TensorRole(.output)

    /// The raw values are the last part of ``TensorRole/name``.
    package enum Kind: String, CaseIterable, Sendable {
        /// `[vocabulary, hidden]`
        case tokenEmbedding = "token_embedding"
        /// `[1, hidden]`
        case outputNorm = "output_norm"
        /// `[vocabulary, hidden]`; absent when embeddings are tied.
        case output
        /// `[1, hidden]`
        case attentionNorm = "attention_norm"
        /// `[heads × headSize, hidden]`
        case query
        /// `[keyValueHeads × headSize, hidden]`
        case key
        /// `[keyValueHeads × headSize, hidden]`
        case value
        /// `[1, headSize]`, or as wide as all heads; only where queries and keys are normalized, as the next.
        case queryNorm = "query_norm"
        /// `[1, headSize]`, or as wide as all key-value heads
        case keyNorm = "key_norm"
        /// `[hidden, heads × headSize]`
        case attentionOutput = "attention_output"
        /// `[1, hidden]`
        case expertNorm = "expert_norm"
        /// The router's gate, `[experts, hidden]`.
        case gate
        /// Added to the shares that experts are chosen by, `[1, experts]`.
        case routerBias = "router_bias"
        /// What an expert's share of a token must exceed, `[1, experts]`.
        case routerThresholds = "router_thresholds"
        /// The expert of each token id, `[1, vocabulary]`.
        case routerTable = "router_table"
        /// `[shared intermediate, hidden]`
        case sharedGate = "shared_gate"
        /// `[shared intermediate, hidden]`
        case sharedUp = "shared_up"
        /// `[hidden, shared intermediate]`
        case sharedDown = "shared_down"
        /// `[intermediate, hidden]`
        case expertGate = "expert_gate"
        /// `[intermediate, hidden]`
        case expertUp = "expert_up"
        /// `[hidden, intermediate]`
        case expertDown = "expert_down"

        /// In the order that a store keeps them in.
        package static let experts = [expertGate, expertUp, expertDown]
        static let norms: Set = [outputNorm, attentionNorm, queryNorm, keyNorm, expertNorm]
        static let ofRouter: Set = [gate, routerBias, routerThresholds, routerTable]
    }
}

extension TensorRole {
    /// The roles of all tensors outside the experts, in file order of a store.
    package static func dense(of architecture: Architecture) -> [TensorRole] {
        let layers = (0..<architecture.layerCount).flatMap { layer in
            layerKinds(of: architecture).map { TensorRole($0, layer: layer) }
        }
        return [.tokenEmbedding] + layers + (architecture.tiedEmbeddings ? [.outputNorm] : [.outputNorm, .output])
    }

    private static func layerKinds(of architecture: Architecture) -> [Kind] {
        var kinds: [Kind] = [.attentionNorm, .query, .key, .value]
        if architecture.qkNorm != .none { kinds += [.queryNorm, .keyNorm] }
        kinds += [.attentionOutput, .expertNorm]
        if architecture.routing.hasGate { kinds.append(.gate) }
        if architecture.routing.hasBias { kinds.append(.routerBias) }
        switch architecture.routing.selection {
        case .topK: break
        case .threshold: kinds.append(.routerThresholds)
        case .table: kinds.append(.routerTable)
        }
        if architecture.sharedIntermediateSize != nil { kinds += [.sharedGate, .sharedUp, .sharedDown] }
        return kinds
    }

    /// The roles of all experts' tensors, in file order of a store.
    package static func experts(of architecture: Architecture) -> [TensorRole] {
        (0..<architecture.layerCount).flatMap { layer in
            (0..<architecture.expertCount).flatMap { expert in
                Kind.experts.map { TensorRole($0, layer: layer, expert: expert) }
            }
        }
    }

    /// The shape `[rows, columns]` the architecture asks for; norms have one row.
    package func shape(in architecture: Architecture) -> (rows: Int, columns: Int) {
        let hidden = architecture.hiddenSize
        let queries = architecture.headCount * architecture.headSize
        let keys = architecture.keyValueHeadCount * architecture.headSize
        let shared = architecture.sharedIntermediateSize ?? 0
        return switch kind {
        case .tokenEmbedding, .output: (architecture.vocabularySize, hidden)
        case .outputNorm, .attentionNorm, .expertNorm: (1, hidden)
        case .query: (queries, hidden)
        case .key, .value: (keys, hidden)
        case .queryNorm: (1, architecture.qkNorm == .whole ? queries : architecture.headSize)
        case .keyNorm: (1, architecture.qkNorm == .whole ? keys : architecture.headSize)
        case .attentionOutput: (hidden, queries)
        case .gate: (architecture.expertCount, hidden)
        case .routerBias, .routerThresholds: (1, architecture.expertCount)
        case .routerTable: (1, architecture.vocabularySize)
        case .sharedGate, .sharedUp: (shared, hidden)
        case .sharedDown: (hidden, shared)
        case .expertGate, .expertUp: (architecture.intermediateSize, hidden)
        case .expertDown: (hidden, architecture.intermediateSize)
        }
    }

    /// Norms and what belongs to the router are always kept in f32: they are small, and a route hangs on them.
    package var isAlwaysFloat: Bool { Kind.norms.contains(kind) || Kind.ofRouter.contains(kind) }

    /// Whether it holds numbers of experts, one for each token id.
    package var isTable: Bool { kind == .routerTable }

    /// Whether files hold it as one row of numbers, not as a matrix.
    var isVector: Bool { isAlwaysFloat && kind != .gate }

    package var isExpert: Bool { expert != nil }
}

extension TensorRole: CustomStringConvertible {
    /// `output`, `layer.3.query`, `layer.3.expert.7.expert_up`. Stores on disk hang on these strings.
    package var name: String {
        let parts = [layer.map { "layer.\($0)" }, expert.map { "expert.\($0)" }, kind.rawValue]
        return parts.compactMap(\.self).joined(separator: ".")
    }

    package var description: String { name }
}
