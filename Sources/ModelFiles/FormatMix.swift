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
        let isMixtral = architecture.expertCount == 8
        return switch role.kind {
        case .output: .q6_K
        case .tokenEmbedding: architecture.tiedEmbeddings ? .q6_K : usual
        case .key: isMixtral ? .q8_0 : usual
        case .value: isMixtral ? .q8_0 : raised(layer, of: layers, first: 4)
        case .attentionOutput: isMixtral && usual == .q4_K ? .q5_K : usual
        case .expertDown, .sharedDown: raised(layer, of: layers, first: layers / 8)
        default: usual
        }
    }

    /// What has more bits in some layers.
    ///
    /// - Parameter first: in how many the small mix of q4_K gives more.
    private func raised(_ layer: Int, of layers: Int, first: Int) -> WeightFormat {
        switch self {
        case .q4_K_M, .q5_K_M: Self.hasMoreBits(layer, of: layers) ? .q6_K : usual
        case .q4_K_S: layer < first ? .q5_K : usual
        case .q5_K_S: usual
        }
    }

    /// The format of most matrices.
    private var usual: WeightFormat { self == .q4_K_M || self == .q4_K_S ? .q4_K : .q5_K }

    /// The first and the last eighth of the layers, and every third between (`use_more_bits`).
    private static func hasMoreBits(_ layer: Int, of layers: Int) -> Bool {
        let eighth = layers / 8
        return layer < eighth || layer >= 7 * layers / 8 || (layer - eighth) % 3 == 2
    }
}
