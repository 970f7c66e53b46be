extension ExportForm {
    /// The architectures of llama.cpp that ours can be, the best known first.
    static let gguf = [llama, qwen3MoEGGUF, glm4MoEGGUF]

    static let llama = ExportForm(
        name: "llama", names: .gguf, pairing: .adjacent, target: \.gated,
        problem: { architecture in
            architecture.qkNorm ? "no normalized heads" : architecture.beyondLlama
        })

    static let qwen3MoEGGUF = ExportForm(
        name: "qwen3moe", names: .ggufQwen3MoE, pairing: .halves, target: \.gated,
        problem: { architecture in
            architecture.qkNorm ? architecture.beyondLlama : "no heads that are not normalized"
        })

    /// The most flexible: every weighting, a bias, groups, a shared expert, normalized heads or not.
    static let glm4MoEGGUF = ExportForm(
        name: "glm4moe", names: .ggufGLM4MoE, pairing: .halves,
        target: { $0.gated.sharing($0.sharedIntermediateSize ?? $0.intermediateSize).biased },
        problem: { architecture in
            switch true {
            case architecture.slidingWindow != nil: "no sliding window"
            case architecture.routing.groups > 1 && architecture.expertCount / architecture.routing.groups < 2:
                "no groups of fewer than two experts"
            case !architecture.routing.hasGate && !architecture.isDense:
                "no experts that all tokens visit with weight 1"
            case (architecture.sharedIntermediateSize ?? 0) % architecture.intermediateSize != 0:
                "no shared expert whose width is no multiple of an expert's"
            default: nil
            }
        })
}

extension Architecture {
    fileprivate var beyondLlama: String? {
        switch true {
        case sharedIntermediateSize != nil: "no shared expert"
        case slidingWindow != nil: "no sliding window"
        case routing.weighting != .softmaxOfChosen && !isDense: "no weights but the softmax of the chosen"
        default: beyondPlainTopK
        }
    }
}
