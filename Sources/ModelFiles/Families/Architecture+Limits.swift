// What forms lack that some architecture has: nil where this one has none of it, so that reasons are listed with `??`.
extension Architecture {
    /// What is normalized of queries and keys, where a form has something else.
    func norms(not wanted: QueryKeyNorm) -> String? {
        guard qkNorm != wanted else { return nil }
        return switch qkNorm {
        case .none: "no heads that are not normalized"
        case .heads: "no normalized heads"
        case .whole: "no queries and keys that are normalized as a whole"
        }
    }

    var window: String? { slidingWindow == nil ? nil : "no sliding window" }
    var partialRotation: String? {
        rotaryDimensions == headSize ? nil : "no heads of which only a part is rotated"
    }

    /// What Mixtral's router and experts are not.
    var beyondMixtral: String? {
        switch true {
        case sharedIntermediateSize != nil: "no shared expert"
        case routing.weighting != .softmaxOfChosen && !isDense: "no weights but the softmax of the chosen"
        default: beyondPlainTopK
        }
    }

    /// What the Qwens' are not.
    var beyondQwen: String? {
        switch true {
        case sharedIntermediateSize != nil: "no shared expert"
        case !weighsBySoftmax && !isDense: "no weights but softmax"
        default: partialRotation ?? beyondPlainTopK
        }
    }

    /// What no router without biases, groups and factors is.
    private var beyondPlainTopK: String? {
        switch true {
        case routing.hasBias: "no bias for the choice of experts"
        case routing.groups > 1: "no groups of experts"
        case routing.scale != 1: "no factor to the weights of experts"
        case !routing.hasGate && expertCount > 1: "no experts that all tokens visit with weight 1"
        default: nil
        }
    }

    var weighsBySoftmax: Bool { routing.weighting == .softmax || routing.weighting == .softmaxOfChosen }

    /// A single expert of weight 1: what every form makes of one expert, whatever its gate scores.
    var isDense: Bool { !routing.hasGate && expertCount == 1 }

    /// The same with a gate, which is zeros where a model needs none.
    var gated: Architecture {
        var gated = self
        if !routing.hasGate { gated.routing.weighting = .softmaxOfChosen }
        return gated
    }

    func sharing(_ width: Int) -> Architecture {
        var sharing = self
        sharing.sharedIntermediateSize = width
        return sharing
    }
}
