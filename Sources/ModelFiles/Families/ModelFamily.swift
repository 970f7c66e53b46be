/// A kind of model that other programs know, in the forms that they keep it in.
///
/// A family is one file here and its line in ``all``: reading, checking and writing follow from its forms.
struct ModelFamily: Sendable {
    /// In a folder with `config.json` and safetensors.
    let huggingFace: ModelForm
    /// In a GGUF file; nil where llama.cpp has no name for it, or one that is not known here.
    var gguf: ModelForm?

    /// The best known first: what a model may be written as is tried in this order.
    static let all = [mixtral, qwen3MoE, olmoE, qwen2MoE, glm4MoE]
}

/// A form that models of a family are kept in: what their configuration says, how their tensors are called, and which
/// of our models are like them.
struct ModelForm: Sendable {
    /// A `model_type`, or an architecture of GGUF.
    let name: String
    /// The class of transformers, which a `config.json` names.
    var className: String?
    let names: TensorNames
    let pairing: Architecture.RotaryPairing
    /// What the configuration says of an architecture, in the order that it is read in.
    let fields: [ConfigurationField]
    /// Settings that must have this value where they are there at all.
    var fixed: [String: JSONValue] = [:]
    /// What the tensors that are there tell, where the configuration does not.
    var told: @Sendable (_ has: (TensorRole) -> Bool, inout Architecture) -> Void = { _, _ in }
    /// Why such a model cannot be read although it can be written; nil: it can.
    var unreadable: String?

    /// The tensors such a model has, where ours is one; ours may lack some, which are then zeros.
    var target: @Sendable (Architecture) -> Architecture = \.gated
    /// What the numbers of a tensor are multiplied by when they are written.
    var factors: [TensorRole.Kind: Float] = [:]
    /// Tensors of zeros beside those of the roles, for each layer.
    var zeros: [(name: String, dimensions: @Sendable (Architecture) -> [Int])] = []
    /// Why an architecture is no model of this kind, or nil.
    let problem: @Sendable (Architecture) -> String?
}

extension ModelForm {
    /// What a configuration says of a model in this form; its numbers are not checked.
    ///
    /// - Throws: ``ModelFileError`` for what is missing, is no number, or would change the result.
    func architecture(_ configuration: some ConfigurationSource) throws -> Architecture {
        var architecture = Architecture(
            vocabularySize: 0, hiddenSize: 0, layerCount: 0, headCount: 0, keyValueHeadCount: 0, headSize: 0,
            intermediateSize: 0, expertCount: 0, expertsPerToken: 0, normEpsilon: 0, rotaryBase: 0,
            rotaryPairing: pairing, rotaryDimensions: 0, slidingWindow: nil, tiedEmbeddings: false, contextLength: 0)
        for field in fields { try field.read(configuration, &architecture) }
        return architecture
    }

    /// What the configuration of such a model says.
    func settings(of architecture: Architecture) -> [(key: String, value: ConfigurationField.Value)] {
        fields.compactMap { field in
            guard let key = field.keys.first, let value = field.written(architecture) else { return nil }
            return (key, value)
        }
    }

}

extension ModelFamily {
    static var huggingFaceRemedy: String {
        "Supported are the model types \(names(all.map(\.huggingFace))), with silu and plain rotary embeddings"
    }

    static var ggufRemedy: String {
        "Supported are the architectures \(names(all.compactMap(\.gguf))) with experts and plain rotary embeddings"
    }

    private static func names(_ forms: [ModelForm]) -> String {
        forms.filter { $0.unreadable == nil }.map(\.name).joined(separator: ", ")
    }
}
