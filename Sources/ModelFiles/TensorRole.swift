/// What a tensor is for, whatever a file calls it.
package enum TensorRole: Hashable, Sendable {
    /// `[vocabulary, hidden]`
    case tokenEmbedding
    /// `[1, hidden]`
    case outputNorm
    /// `[vocabulary, hidden]`; absent when embeddings are tied.
    case output
    /// `[1, hidden]`
    case attentionNorm(layer: Int)
    /// `[heads × headSize, hidden]`
    case query(layer: Int)
    /// `[keyValueHeads × headSize, hidden]`
    case key(layer: Int)
    /// `[keyValueHeads × headSize, hidden]`
    case value(layer: Int)
    /// `[1, headSize]`; only where queries and keys are normalized, as the next.
    case queryNorm(layer: Int)
    /// `[1, headSize]`
    case keyNorm(layer: Int)
    /// `[hidden, heads × headSize]`
    case attentionOutput(layer: Int)
    /// `[1, hidden]`
    case expertNorm(layer: Int)
    /// The router's gate, `[experts, hidden]`.
    case gate(layer: Int)
    /// Added to the shares that experts are chosen by, `[1, experts]`.
    case routerBias(layer: Int)
    /// What an expert's share of a token must exceed, `[1, experts]`.
    case routerThresholds(layer: Int)
    /// The expert of each token id, `[1, vocabulary]`.
    case routerTable(layer: Int)
    /// `[shared intermediate, hidden]`
    case sharedGate(layer: Int)
    /// `[shared intermediate, hidden]`
    case sharedUp(layer: Int)
    /// `[hidden, shared intermediate]`
    case sharedDown(layer: Int)
    /// `[intermediate, hidden]`
    case expertGate(layer: Int, expert: Int)
    /// `[intermediate, hidden]`
    case expertUp(layer: Int, expert: Int)
    /// `[hidden, intermediate]`
    case expertDown(layer: Int, expert: Int)
}

extension TensorRole {
    /// The roles of all tensors outside the experts, in file order of a store.
    package static func dense(of architecture: Architecture) -> [TensorRole] {
        var roles: [TensorRole] = [.tokenEmbedding]
        for layer in 0..<architecture.layerCount {
            roles += [.attentionNorm(layer: layer), .query(layer: layer), .key(layer: layer), .value(layer: layer)]
            if architecture.qkNorm { roles += [.queryNorm(layer: layer), .keyNorm(layer: layer)] }
            roles += [.attentionOutput(layer: layer), .expertNorm(layer: layer)]
            roles += router(of: architecture, layer: layer)
            guard architecture.sharedIntermediateSize != nil else { continue }
            roles += [.sharedGate(layer: layer), .sharedUp(layer: layer), .sharedDown(layer: layer)]
        }
        roles.append(.outputNorm)
        if !architecture.tiedEmbeddings { roles.append(.output) }
        return roles
    }

    private static func router(of architecture: Architecture, layer: Int) -> [TensorRole] {
        var roles: [TensorRole] = []
        if architecture.routing.hasGate { roles.append(.gate(layer: layer)) }
        if architecture.routing.hasBias { roles.append(.routerBias(layer: layer)) }
        switch architecture.routing.selection {
        case .topK: break
        case .threshold: roles.append(.routerThresholds(layer: layer))
        case .table: roles.append(.routerTable(layer: layer))
        }
        return roles
    }

    /// The roles of all experts' tensors, in file order of a store.
    package static func experts(of architecture: Architecture) -> [TensorRole] {
        (0..<architecture.layerCount).flatMap { layer in
            (0..<architecture.expertCount).flatMap { expert -> [TensorRole] in
                [
                    .expertGate(layer: layer, expert: expert), .expertUp(layer: layer, expert: expert),
                    .expertDown(layer: layer, expert: expert),
                ]
            }
        }
    }

    /// The shape `[rows, columns]` the architecture asks for; norms have one row.
    package func shape(in architecture: Architecture) -> (rows: Int, columns: Int) {
        let hidden = architecture.hiddenSize
        let queries = architecture.headCount * architecture.headSize
        let keys = architecture.keyValueHeadCount * architecture.headSize
        let shared = architecture.sharedIntermediateSize ?? 0
        return switch self {
        case .tokenEmbedding, .output: (architecture.vocabularySize, hidden)
        case .outputNorm, .attentionNorm, .expertNorm: (1, hidden)
        case .query: (queries, hidden)
        case .key, .value: (keys, hidden)
        case .queryNorm, .keyNorm: (1, architecture.headSize)
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
    package var isAlwaysFloat: Bool {
        switch self {
        case .outputNorm, .attentionNorm, .queryNorm, .keyNorm, .expertNorm: true
        case .gate, .routerBias, .routerThresholds, .routerTable: true
        default: false
        }
    }

    /// Whether it holds numbers of experts, one for each token id.
    package var isTable: Bool {
        if case .routerTable = self { true } else { false }
    }

    /// Whether files hold it as one row of numbers, not as a matrix.
    var isVector: Bool {
        switch self {
        case .outputNorm, .attentionNorm, .queryNorm, .keyNorm, .expertNorm: true
        case .routerBias, .routerThresholds, .routerTable: true
        default: false
        }
    }

    package var isExpert: Bool {
        switch self {
        case .expertGate, .expertUp, .expertDown: true
        default: false
        }
    }
}
