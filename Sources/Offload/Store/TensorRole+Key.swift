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
        case .queryNorm(let layer): "layer.\(layer).query_norm"
        case .keyNorm(let layer): "layer.\(layer).key_norm"
        case .routerBias(let layer): "layer.\(layer).router_bias"
        case .routerThresholds(let layer): "layer.\(layer).router_thresholds"
        case .routerTable(let layer): "layer.\(layer).router_table"
        case .sharedGate(let layer): "layer.\(layer).shared_gate"
        case .sharedUp(let layer): "layer.\(layer).shared_up"
        case .sharedDown(let layer): "layer.\(layer).shared_down"
        case .expertGate(let layer, let expert): "layer.\(layer).expert.\(expert).gate"
        case .expertUp(let layer, let expert): "layer.\(layer).expert.\(expert).up"
        case .expertDown(let layer, let expert): "layer.\(layer).expert.\(expert).down"
        }
    }
}
