/// The routers that can be trained, by the names they have on the command line.
package enum RouterName: String, Sendable, Codable, CaseIterable {
    /// Shazeer et al., 2017, arXiv 1701.06538, without its noise; Mixtral, Qwen3-MoE, OLMoE.
    case topK = "top-k"
    /// Shazeer et al., 2017, arXiv 1701.06538.
    case noisyTopK = "noisy-top-k"
    /// Fedus et al., 2021, arXiv 2101.03961.
    case `switch`
    /// Lepikhin et al., 2020, arXiv 2006.16668.
    case gshard
    /// DeepSeek-AI, 2024, arXiv 2412.19437.
    case sigmoid
    /// Zhou et al., 2022, arXiv 2202.09368.
    case expertChoice = "expert-choice"
    /// Lewis et al., 2021, arXiv 2103.16716.
    case base
    /// Dai et al., 2022, arXiv 2204.08396.
    case stable
    /// Roller et al., 2021, arXiv 2106.04426.
    case hash
    /// No mixture: one expert that every token visits with weight 1, to compare with.
    case dense

    /// How many experts a token visits where the paper leaves no choice.
    package var fixedTopK: Int? {
        switch self {
        case .switch, .base, .stable, .hash, .dense: 1
        case .gshard: 2
        case .topK, .noisyTopK, .sigmoid, .expertChoice: nil
        }
    }
}
