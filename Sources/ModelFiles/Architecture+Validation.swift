extension Architecture {
    /// Greatest numbers that are believed. Products of any three fit into 64 bits.
    private static let limits = (
        vocabulary: 1 << 24, width: 1 << 20, layers: 1 << 12, heads: 1 << 12, experts: 1 << 16, context: 1 << 30
    )

    /// The architecture itself, if its numbers are possible and fit together.
    ///
    /// - Throws: ``ModelFileError`` for `path`.
    func validated(path: String) throws -> Architecture {
        func check(_ holds: Bool, _ problem: @autoclosure () -> String) throws {
            if !holds { throw ModelFileError(path: path, problem: problem()) }
        }
        func check(_ name: String, _ value: Int, atMost limit: Int) throws {
            try check(value >= 1 && value <= limit, "\(name) is \(value); it must be from 1 to \(limit)")
        }
        try check("the vocabulary size", vocabularySize, atMost: Self.limits.vocabulary)
        try check("the hidden size", hiddenSize, atMost: Self.limits.width)
        try check("the width of an expert", intermediateSize, atMost: Self.limits.width)
        try check("the number of layers", layerCount, atMost: Self.limits.layers)
        try check("the number of heads", headCount, atMost: Self.limits.heads)
        try check("the number of key-value heads", keyValueHeadCount, atMost: headCount)
        try check("the head size", headSize, atMost: Self.limits.width)
        try check("the number of experts", expertCount, atMost: Self.limits.experts)
        try check("the number of experts per token", expertsPerToken, atMost: expertCount)
        try check("the context length", contextLength, atMost: Self.limits.context)
        try check("the number of rotary dimensions", rotaryDimensions, atMost: headSize)
        if let sharedIntermediateSize {
            try check("the width of the shared expert", sharedIntermediateSize, atMost: Self.limits.width)
        }
        if let slidingWindow { try check("the sliding window", slidingWindow, atMost: Self.limits.context) }
        try check(
            headCount % keyValueHeadCount == 0,
            "\(headCount) heads do not divide among \(keyValueHeadCount) key-value heads")
        try check(rotaryDimensions % 2 == 0, "the number of rotary dimensions is \(rotaryDimensions), an odd number")
        try check(normEpsilon >= 0 && normEpsilon < 1, "the epsilon of the norms is \(normEpsilon)")
        try check(rotaryBase > 0 && rotaryBase.isFinite, "the rotary base is \(rotaryBase)")
        if let problem = routing.problem(experts: expertCount, perToken: expertsPerToken) {
            throw ModelFileError(path: path, problem: problem)
        }
        return self
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
