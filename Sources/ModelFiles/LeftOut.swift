/// Tensors that a file may have beside those of a language model, and that no text hangs on.
enum LeftOut: CaseIterable {
    /// What turns pictures or sound into embeddings.
    case tower
    /// Layers behind the last, or a head of their own, that guess several tokens at once.
    case draft
    /// Angles of rotations, which follow from the base.
    case angles

    /// - Parameter isDraft: whether the configuration says that a layer of this number guesses tokens.
    init?(tensor name: String, isDraft: (Int) -> Bool) {
        let words = name.split(separator: ".")
        switch true {
        case words.contains { Self.towers.contains($0) } || Self.ggufTowers.contains(words.first ?? ""): self = .tower
        case words.contains("mtp"), Self.layer(words).map(isDraft) ?? false: self = .draft
        case name.hasSuffix(".rotary_emb.inv_freq"): self = .angles
        default: return nil
        }
    }

    /// One line about tensors of this kind, of which there are some.
    func note(_ names: [String]) -> String {
        let list = names.count > 1 ? "\(names[0]) and \(names.count - 1) more" : names.first ?? ""
        return switch self {
        case .tower: "the part that takes pictures or sound is left out (\(list)): the model gets nothing but text"
        case .draft: "the part that guesses several tokens at once is left out (\(list)): the text is the same without"
        case .angles: "angles of rotations are left out (\(list)): they follow from the rotary base"
        }
    }

    private static let towers: Set<Substring> = [
        "visual", "vision_tower", "vision_model", "vision_encoder", "multi_modal_projector", "mm_projector",
        "audio_tower", "audio_model", "audio_encoder",
    ]
    private static let ggufTowers: Set<Substring> = ["v", "a", "mm"]

    private static func layer(_ words: [Substring]) -> Int? {
        zip(words, words.dropFirst()).first { $0.0 == "blk" || $0.0 == "layers" }.flatMap { Int($0.1) }
    }
}
