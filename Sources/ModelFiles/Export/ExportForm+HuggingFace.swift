extension ExportForm {
    /// The models of transformers that ours can be, the best known first.
    static let huggingFace = [mixtral, qwen3MoE, qwen2MoE, glm4MoE]

    static let mixtral = ExportForm(
        name: "mixtral", names: .mixtral, pairing: .halves, target: \.gated,
        problem: { architecture in
            switch true {
            case architecture.qkNorm: "no normalized heads"
            case architecture.sharedIntermediateSize != nil: "no shared expert"
            case architecture.routing.weighting != .softmaxOfChosen && !architecture.isDense:
                "no weights but the softmax of the chosen"
            default: architecture.partialRotation ?? architecture.beyondPlainTopK
            }
        })

    static let qwen3MoE = ExportForm(
        name: "qwen3_moe", names: .qwen3MoE, pairing: .halves, target: \.gated,
        problem: { architecture in
            switch true {
            case !architecture.qkNorm: "no heads that are not normalized"
            case architecture.sharedIntermediateSize != nil: "no shared expert"
            case !architecture.weighsBySoftmax: "no weights but softmax"
            default: architecture.partialRotation ?? architecture.beyondPlainTopK
            }
        })

    /// Its shared expert is weighted by a sigmoid, which is 1/2 where its gate is zero: so ours counts twice. Where we
    /// have none, it is one of zeros.
    static let qwen2MoE = ExportForm(
        name: "qwen2_moe", names: .qwen2MoE, pairing: .halves,
        target: { $0.gated.sharing($0.sharedIntermediateSize ?? 16) },
        factor: { if case .sharedDown = $0 { 2 } else { 1 } },
        zeros: [("model.layers.{layer}.mlp.shared_expert_gate.weight", { [1, $0.hiddenSize] })],
        problem: { architecture in
            switch true {
            case architecture.qkNorm: "no normalized heads"
            case architecture.slidingWindow != nil: "no sliding window in all layers"
            case !architecture.weighsBySoftmax: "no weights but softmax"
            default: architecture.partialRotation ?? architecture.beyondPlainTopK
            }
        })

    static let glm4MoE = ExportForm(
        name: "glm4_moe", names: .glm4MoE, pairing: .halves,
        target: { $0.gated.sharing($0.sharedIntermediateSize ?? $0.intermediateSize).biased },
        problem: { architecture in
            let routing = architecture.routing
            return switch true {
            case routing.weighting != .sigmoid && routing.weighting != .sigmoidOfChosen: "no weights but sigmoids"
            case architecture.slidingWindow != nil: "no sliding window"
            case architecture.expertCount / routing.groups < 2: "no groups of fewer than two experts"
            case (architecture.sharedIntermediateSize ?? 0) % architecture.intermediateSize != 0:
                "no shared expert whose width is no multiple of an expert's"
            default: nil
            }
        })
}

extension Architecture {
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

    var biased: Architecture {
        var biased = self
        biased.routing.hasBias = true
        return biased
    }

    fileprivate var weighsBySoftmax: Bool {
        routing.weighting == .softmax || routing.weighting == .softmaxOfChosen || isDense
    }

    fileprivate var partialRotation: String? {
        rotaryDimensions == headSize ? nil : "no heads of which only a part is rotated"
    }
}
