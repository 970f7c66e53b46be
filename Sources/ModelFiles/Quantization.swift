package import Tensors

/// What float matrices are turned into: one format, or a mix that gives each its own.
package enum Quantization: Sendable, Equatable {
    case one(WeightFormat)
    case mix(FormatMix)

    /// The format of a matrix where rows divide into its blocks.
    func asked(_ role: TensorRole, in architecture: Architecture) -> WeightFormat {
        switch self {
        case .one(let format): format
        case .mix(let mix): mix.format(of: role, in: architecture)
        }
    }

    /// The format that a matrix gets: the one that is asked for, or what stands in for it. Where rows do not divide into
    /// the blocks of that either, a mix has f16, as llama.cpp does.
    package func format(of role: TensorRole, in architecture: Architecture) -> WeightFormat {
        let asked = asked(role, in: architecture)
        if let fitting = asked.fitting(columns: role.shape(in: architecture).columns) { return fitting }
        return if case .mix = self { .f16 } else { asked }
    }
}
