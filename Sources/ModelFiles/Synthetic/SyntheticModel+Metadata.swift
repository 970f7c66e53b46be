extension SyntheticModel {
    func metadata() -> [(key: String, value: GGUFValue)] {
        let title = "synthetic \(architecture.layerCount) × \(architecture.expertCount) \(routing)"
        return architecture.ggufMetadata("llama", title: title, type: format)
            + SyntheticVocabulary(size: architecture.vocabularySize).metadata
    }
}
