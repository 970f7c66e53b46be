extension SyntheticModel {
    func metadata() -> [(key: String, value: GGUFValue)] {
        let title = "synthetic \(architecture.layerCount) × \(architecture.expertCount) \(routing)"
        return ModelForm.llama.ggufMetadata(of: architecture, title: title, quantization: .one(format))
            + SyntheticVocabulary(size: architecture.vocabularySize).metadata
    }
}
