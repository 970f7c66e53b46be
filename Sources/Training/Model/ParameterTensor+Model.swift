import Mixture
import ModelFiles

extension ParameterTensor {
    /// All tensors of a model, by the names they have in a checkpoint.
    ///
    /// Matrices begin normal with a deviation of 0.02, those that write to the residual stream smaller by √(2 × layers)
    /// (Radford et al., 2019).
    ///
    /// - Parameters:
    ///   - routers: what each layer's router learns.
    ///   - part: the experts of every layer that are held here.
    static func all(
        of architecture: Architecture, routers: [[RouterParameter]], experts part: Range<Int>
    ) -> [ParameterTensor] {
        let hidden = architecture.hiddenSize
        var tensors = [matrix("token_embedding", architecture.vocabularySize, hidden)]
        for (layer, router) in routers.enumerated() {
            tensors += attention(of: architecture, "layers.\(layer).")
            tensors += experts(part, of: architecture, "layers.\(layer).")
            tensors += router.map { parameter in
                ParameterTensor(
                    "layers.\(layer).router.\(parameter.name)", shape: [parameter.rows, parameter.columns],
                    initialization: .router(parameter), decays: parameter.decays)
            }
        }
        tensors.append(norm("output_norm", hidden))
        if !architecture.tiedEmbeddings { tensors.append(matrix("output", architecture.vocabularySize, hidden)) }
        return tensors
    }

    private static let deviation: Float = 0.02

    private static func attention(of architecture: Architecture, _ prefix: String) -> [ParameterTensor] {
        let (hidden, headSize) = (architecture.hiddenSize, architecture.headSize)
        let queries = architecture.headCount * headSize
        let keys = architecture.keyValueHeadCount * headSize
        var tensors = [
            norm(prefix + "attention_norm", hidden), matrix(prefix + "query", queries, hidden),
            matrix(prefix + "key", keys, hidden), matrix(prefix + "value", keys, hidden),
            residual(prefix + "attention_output", hidden, queries, in: architecture),
        ]
        if architecture.qkNorm != .none {
            tensors += [norm(prefix + "query_norm", headSize), norm(prefix + "key_norm", headSize)]
        }
        return tensors
    }

    private static func experts(
        _ part: Range<Int>, of architecture: Architecture, _ prefix: String
    ) -> [ParameterTensor] {
        let (hidden, width, count) = (
            architecture.hiddenSize, architecture.intermediateSize, architecture.expertCount
        )
        var tensors = [
            norm(prefix + "expert_norm", hidden), matrix(prefix + "experts.gate", count, width, hidden, part: part),
            matrix(prefix + "experts.up", count, width, hidden, part: part),
            residual(prefix + "experts.down", count, hidden, width, part: part, in: architecture),
        ]
        if let width = architecture.sharedIntermediateSize {
            tensors += [
                matrix(prefix + "shared.gate", width, hidden), matrix(prefix + "shared.up", width, hidden),
                residual(prefix + "shared.down", hidden, width, in: architecture),
            ]
        }
        return tensors
    }

    private static func norm(_ name: String, _ size: Int) -> ParameterTensor {
        ParameterTensor(name, shape: [size], initialization: .constant(1), decays: false)
    }

    private static func matrix(_ name: String, _ shape: Int..., part: Range<Int>? = nil) -> ParameterTensor {
        ParameterTensor(name, shape: shape, part: part, initialization: .normal(deviation: deviation))
    }

    private static func residual(
        _ name: String, _ shape: Int..., part: Range<Int>? = nil, in architecture: Architecture
    ) -> ParameterTensor {
        let share = 1 / Float(2 * architecture.layerCount).squareRoot()
        return ParameterTensor(
            name, shape: shape, part: part, initialization: .normal(deviation: deviation * share))
    }
}
