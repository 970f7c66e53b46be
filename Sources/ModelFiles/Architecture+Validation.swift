extension Architecture {
    /// Greatest numbers that are believed. Products of any three fit into 64 bits.
    private static let limits = (
        vocabulary: 1 << 24, width: 1 << 20, layers: 1 << 12, heads: 1 << 12, experts: 1 << 16, context: 1 << 30
    )

    /// The architecture itself, if its numbers are possible and fit together.
    ///
    /// - Throws: ``ModelFileError`` for `path`.
    package func validated(path: String) throws -> Architecture {
        if let problem { throw ModelFileError(path: path, problem: problem) }
        return self
    }

    /// What of its numbers is impossible, or does not fit together. Whatever has none can be trained, packed and run.
    package var problem: String? {
        let limits = Self.limits
        let sizes: [(name: String, value: Int, limit: Int)] = [
            ("the vocabulary size", vocabularySize, limits.vocabulary), ("the hidden size", hiddenSize, limits.width),
            ("the width of an expert", intermediateSize, limits.width),
            ("the number of layers", layerCount, limits.layers), ("the number of heads", headCount, limits.heads),
            ("the number of key-value heads", keyValueHeadCount, headCount),
            ("the head size", headSize, limits.width), ("the number of experts", expertCount, limits.experts),
            ("the number of experts per token", expertsPerToken, expertCount),
            ("the context length", contextLength, limits.context),
            ("the number of rotary dimensions", rotaryDimensions, headSize),
            ("the width of the shared expert", sharedIntermediateSize ?? 1, limits.width),
            ("the sliding window", slidingWindow ?? 1, limits.context),
        ]
        for (name, value, limit) in sizes where value < 1 || value > limit {
            return "\(name) is \(value); it must be from 1 to \(limit)"
        }
        return misfit ?? routing.problem(experts: expertCount, perToken: expertsPerToken)
    }

    private var misfit: String? {
        switch true {
        case headCount * headSize > Self.limits.heads * 4096:
            "\(headCount) heads of \(headSize) are too wide together; at most \(Self.limits.heads * 4096) are taken"
        case headCount % keyValueHeadCount != 0:
            "\(headCount) heads do not divide among \(keyValueHeadCount) key-value heads"
        case rotaryDimensions % 2 != 0: "the number of rotary dimensions is \(rotaryDimensions), an odd number"
        case !(normEpsilon >= 0 && normEpsilon < 1):
            "the epsilon of the norms is \(normEpsilon); it must be at least 0 and less than 1"
        case !(rotaryBase > 0 && rotaryBase.isFinite):
            "the rotary base is \(rotaryBase); it must be more than 0 and finite"
        default: nil
        }
    }
}

extension Routing {
    /// What of it does not fit together, or does not fit `experts` experts of which a token visits `perToken`.
    fileprivate func problem(experts: Int, perToken: Int) -> String? {
        let isGrouped = groups > 1
        return switch true {
        case !scale.isFinite: "the weights of experts are scaled by \(scale)"
        case groups < 1 || experts % max(groups, 1) != 0: "\(experts) experts do not fall into \(groups) equal groups"
        case allowedGroups < 1 || allowedGroups > groups: "\(allowedGroups) of \(groups) groups of experts are allowed"
        case isGrouped && selection != .topK: "experts are in \(groups) groups, but chosen by \(selection.rawValue)"
        case isGrouped && perToken > experts / groups * allowedGroups:
            "\(perToken) experts are to be chosen among \(experts / groups * allowedGroups)"
        case hasBias && selection != .topK: "a bias is there, but experts are chosen by \(selection.rawValue)"
        case selection == .table && perToken != 1: "a table names one expert, but a token is to visit \(perToken)"
        case selection == .table && (weighting == .softmaxOfChosen || weighting == .sigmoidOfChosen):
            "the weight of the one expert that a table names is said to be \(weighting.rawValue)"
        case selection == .threshold && !hasGate: "experts are chosen by thresholds, but there are no scores"
        case selection == .topK && !hasGate && perToken != experts:
            "\(perToken) of \(experts) experts are to be chosen, but there are no scores"
        default: nil
        }
    }
}
