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
    /// `[hidden, heads × headSize]`
    case attentionOutput(layer: Int)
    /// `[1, hidden]`
    case expertNorm(layer: Int)
    /// The router's gate, `[experts, hidden]`.
    case gate(layer: Int)
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
            roles += [
                .attentionNorm(layer: layer), .query(layer: layer), .key(layer: layer), .value(layer: layer),
                .attentionOutput(layer: layer), .expertNorm(layer: layer), .gate(layer: layer),
            ]
        }
        roles.append(.outputNorm)
        if !architecture.tiedEmbeddings { roles.append(.output) }
        return roles
    }

    /// The shape `[rows, columns]` the architecture asks for; norms have one row.
    package func shape(in architecture: Architecture) -> (rows: Int, columns: Int) {
        let hidden = architecture.hiddenSize
        let queries = architecture.headCount * architecture.headSize
        let keys = architecture.keyValueHeadCount * architecture.headSize
        return switch self {
        case .tokenEmbedding, .output: (architecture.vocabularySize, hidden)
        case .outputNorm, .attentionNorm, .expertNorm: (1, hidden)
        case .query: (queries, hidden)
        case .key, .value: (keys, hidden)
        case .attentionOutput: (hidden, queries)
        case .gate: (architecture.expertCount, hidden)
        case .expertGate, .expertUp: (architecture.intermediateSize, hidden)
        case .expertDown: (hidden, architecture.intermediateSize)
        }
    }

    /// Norms and gates are always kept in f32: they are small, and a route hangs on the gate.
    package var isAlwaysFloat: Bool {
        switch self {
        case .outputNorm, .attentionNorm, .expertNorm, .gate: true
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
