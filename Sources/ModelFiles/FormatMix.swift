package import Tensors

/// llama.cpp's mixes: most matrices have one format, and those that text hangs on more bits.
///
/// Which get them is what `llama_tensor_get_type_impl` (llama.cpp, `src/llama-quant.cpp`) says of models with experts and
/// without an importance matrix; its exception for dense models of 70 billion weights is left out.
package enum FormatMix: String, Sendable, CaseIterable {
    // swift-format-ignore: AlwaysUseLowerCamelCase
    case q4_K_M, q4_K_S, q5_K_M, q5_K_S

    /// The format of a matrix where rows divide into its blocks.
    package func format(of role: TensorRole, in architecture: Architecture) -> WeightFormat {
        let (layer, layers) = (role.layer ?? 0, architecture.layerCount)
        // A Mixtral's attention is small beside its experts.
        let hasEightExperts = architecture.expertCount == 8
        switch role.kind {
        case .output: return .q6_K
        case .tokenEmbedding where architecture.tiedEmbeddings: return .q6_K
        case .key where hasEightExperts, .value where hasEightExperts: return .q8_0
        case .attentionOutput where hasEightExperts && usual == .q4_K: return .q5_K
        case .value where self == .q4_K_S && layer < 4: return .q5_K
        case .expertDown where self == .q4_K_S && layer < layers / 8: return .q5_K
        case .sharedDown where self == .q4_K_S && layer < layers / 8: return .q5_K
        case .value where isMedium && Self.hasMoreBits(layer, of: layers): return .q6_K
        case .expertDown where isMedium && Self.hasMoreBits(layer, of: layers): return .q6_K
        case .sharedDown where isMedium && Self.hasMoreBits(layer, of: layers): return .q6_K
        default: return usual
        }
    }

    /// The format of most matrices.
    private var usual: WeightFormat { self == .q4_K_M || self == .q4_K_S ? .q4_K : .q5_K }

    private var isMedium: Bool { self == .q4_K_M || self == .q5_K_M }

    /// The first and the last eighth of the layers, and every third between (`use_more_bits`).
    private static func hasMoreBits(_ layer: Int, of layers: Int) -> Bool {
        let eighth = layers / 8
        return layer < eighth || layer >= 7 * layers / 8 || (layer - eighth) % 3 == 2
    }
}
