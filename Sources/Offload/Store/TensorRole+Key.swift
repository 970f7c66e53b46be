package import ModelFiles

extension TensorRole {
    /// The name a store keeps a dense tensor under. Stores on disk hang on these strings.
    package var storeKey: String {
        switch self {
        case .tokenEmbedding: "token_embedding"
        case .outputNorm: "output_norm"
        case .output: "output"
        case .attentionNorm(let layer): "layer.\(layer).attention_norm"
        case .query(let layer): "layer.\(layer).query"
        case .key(let layer): "layer.\(layer).key"
        case .value(let layer): "layer.\(layer).value"
        case .attentionOutput(let layer): "layer.\(layer).attention_output"
        case .expertNorm(let layer): "layer.\(layer).expert_norm"
        case .gate(let layer): "layer.\(layer).gate"
        case .expertGate(let layer, let expert): "layer.\(layer).expert.\(expert).gate"
        case .expertUp(let layer, let expert): "layer.\(layer).expert.\(expert).up"
        case .expertDown(let layer, let expert): "layer.\(layer).expert.\(expert).down"
        }
    }
}
