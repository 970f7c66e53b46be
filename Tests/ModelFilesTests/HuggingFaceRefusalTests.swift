import Foundation
import ModelFiles
import Testing

@Suite struct HuggingFaceRefusalTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try TinyModel().write(to: folder, layout: .transformers4)
    }

    private func expectRefusal(_ words: String..., sourceLocation: SourceLocation = #_sourceLocation) {
        let error = #expect(throws: ModelFileError.self, sourceLocation: sourceLocation) {
            try ModelFile.open(path: folder.path)
        }
        let message = error?.description ?? ""
        for word in words { #expect(message.contains(word), "\(message)", sourceLocation: sourceLocation) }
    }

    @Test(arguments: [
        (#""model_type": "mixtral""#, #""model_type": "qwen2_moe""#, "model_type qwen2_moe"),
        (#""MixtralForCausalLM""#, #""MixtralForSequenceClassification""#, "MixtralForSequenceClassification"),
        (#""hidden_act": "silu""#, #""hidden_act": "gelu""#, #"hidden_act = "gelu""#),
        (#""use_cache": true"#, #""rope_scaling": {"type": "yarn", "factor": 4.0}"#, "rope_scaling type yarn"),
        (#""rope_theta": 500000.0"#, #""rope_parameters": {"rope_type": "llama3"}"#, "rope_parameters type llama3"),
        (
            #""rope_theta": 500000.0"#, #""rope_scaling": {"factor": 4.0}"#,
            "rope_scaling.factor = 4, where 1 is supported"
        ),
        (#""rope_theta": 500000.0"#, #""rope_scaling": {"type": "linear", "factor": 2}"#, "rope_scaling type linear"),
        (#""rope_theta": 500000.0"#, #""rope_scaling": {"type": "default", "rope_type": "yarn"}"#, "type yarn"),
        (
            #""rope_theta": 500000.0"#, #""rope_scaling": {"type": "default", "mrope_section": [2, 3, 3]}"#,
            "rope_scaling.mrope_section = [2, 3, 3], which is not known"
        ),
        (#""rope_theta": 500000.0"#, #""rope_scaling": "yarn""#, #"rope_scaling = "yarn", where an object"#),
        (
            #""rope_theta": 500000.0"#,
            #""rope_parameters": {"full_attention": {"rope_theta": 1e6}, "sliding_attention": {"rope_theta": 1e4}}"#,
            "rope_parameters.full_attention = "
        ),
        (
            #""rope_theta": 500000.0"#, #""rope_theta": 500000.0, "rope_parameters": {"rope_theta": 10000.0}"#,
            "rope_theta is 10000 and that it is 500000"
        ),
        (#""use_cache": true"#, #""rotary_dim": 8"#, "rotary_dim = 8, which is not known"),
        (#""use_cache": true"#, #""rope_local_base_freq": 10000.0"#, "rope_local_base_freq = 10000"),
        (#""use_cache": true"#, #""rotary_pct": 0.25"#, "rotary_pct = 0.25, where 1 is supported"),
        (#""use_cache": true"#, #""final_logit_softcapping": 30.0"#, "final_logit_softcapping = 30"),
        (#""use_cache": true"#, #""attention_multiplier": 0.1"#, "attention_multiplier = 0.1, which is not supported"),
        (#""use_cache": true"#, #""qkv_bias": true"#, "qkv_bias = true"),
        (#""use_cache": true"#, #""norm_topk_prob": false"#, "norm_topk_prob = false"),
        (#""use_cache": true"#, #""mlp_only_layers": [0]"#, "mlp_only_layers = [0]"),
        (#""use_cache": true"#, #""layer_types": ["sliding_attention", "full_attention"]"#, "type sliding_attention"),
        (#""rope_theta": 500000.0"#, #""rope_theta": Infinity"#, "rotary base is inf"),
        (#""rms_norm_eps": 1e-05"#, #""rms_norm_eps": NaN"#, "epsilon of the norms is nan"),
        (#""use_cache": true"#, #""quantization_config": {"quant_method": "gptq"}"#, "gptq"),
        (
            #""use_cache": true"#, #""quantization": {"bits": 4}"#,
            #"quantization = {"bits": 4}, which is not supported"#
        ),
        (#""use_cache": true"#, #""partial_rotary_factor": 0.5"#, "partial_rotary_factor = 0.5"),
        (#""hidden_size": 64"#, #""hidden_size": 0"#, "hidden size is 0"),
        (#""hidden_size": 64"#, #""hidden_size": -64"#, "hidden size is -64"),
        (#""hidden_size": 64"#, #""hidden_size": 9223372036854775807"#, "from 1 to 1048576"),
        (#""hidden_size": 64"#, #""hidden_size": "64""#, "something else than Int for hidden_size"),
        (#""hidden_size": 64,"#, "", "no value for hidden_size"),
        (#""hidden_size": 64"#, #""hidden_size": null"#, "hidden"),
        (#""num_key_value_heads": 2"#, #""num_key_value_heads": 3"#, "4 heads do not divide among 3"),
        (#""num_attention_heads": 4"#, #""num_attention_heads": 0"#, "number of heads is 0"),
        (#""num_experts_per_tok": 2"#, #""num_experts_per_tok": 4"#, "experts per token is 4"),
        (#""num_hidden_layers": 2"#, #""num_hidden_layers": 3"#, "model.layers.2.input_layernorm.weight"),
        (#""num_hidden_layers": 2"#, #""num_hidden_layers": 1"#, "model.layers.1"),
        (#""rms_norm_eps": 1e-05"#, #""rms_norm_eps": 1e400"#, "config.json"),
        (#""vocab_size": 262"#, #""vocab_size": 10"#, "embed_tokens.weight has the shape [262, 64], expected [10, 64]"),
        (#""hidden_act""#, "hidden_act", "not valid JSON"),
    ])
    func `a configuration is refused by name`(found: String, replacement: String, words: String) throws {
        let configuration = TinyModel().configuration(.transformers4)
        try #require(configuration.contains(found))
        try folder.write(configuration.replacingOccurrences(of: found, with: replacement), as: "config.json")
        expectRefusal(words)
    }

    @Test(arguments: [
        ("a type", "BF8", [64], [], "model.norm.weight has the type BF8"),
        ("a type that is too long", "F64", [64], [], "model.norm.weight has the type F64"),
        ("a shape", "F32", [8, 8], [], "model.norm.weight has the shape [8, 8], expected [1, 64]"),
        (
            "a shape of another size", "F32", [63], [],
            "256 bytes for the tensor model.norm.weight, F32 [63], expected 252"
        ),
        ("a shape that overflows", "F32", [1 << 62, 1 << 62], [], "model.norm.weight of the shape"),
        ("a negative shape", "F32", [-8, -8], [], "model.norm.weight of the shape"),
        ("an overlap", "F32", [64], [0, 256], "model.norm.weight at"),
        ("offsets beyond the file", "F32", [64], [1 << 40, 1 << 40 + 256], "model.norm.weight at"),
        ("offsets that run backwards", "F32", [64], [512, 256], "model.norm.weight at"),
        ("three offsets", "F32", [64], [0, 1, 2], "at [0, 1, 2]"),
        ("no offset", "F32", [64], [1], "at [1]"),
    ])
    func `a tensor is refused by name`(
        _: String, type: String, shape: [Int], offsets: [Int], words: String
    ) throws {
        var file = TinyModel().safetensors(.transformers4)
        file.change("model.norm.weight") { tensor in
            (tensor.type, tensor.shape) = (type, shape)
            if !offsets.isEmpty { tensor.offsets = offsets }
        }
        try folder.write(file.encoded, as: "model.safetensors")
        if words.hasPrefix("model.norm.weight at") {
            expectRefusal("expected from")
        } else {
            expectRefusal(words)
        }
    }

    @Test func `a header longer than the file is refused`() throws {
        var file = TinyModel().safetensors(.transformers4)
        for length in [1 << 20, 1 << 63, UInt64.max] {
            file.headerLength = length
            try folder.write(file.encoded, as: "model.safetensors")
            expectRefusal("header has \(length) bytes")
        }
    }

    @Test func `a tensor that stands there twice is refused`() throws {
        var file = TinyModel().safetensors(.transformers4)
        file.tensors.append(file.tensors[0])
        try folder.write(file.encoded, as: "model.safetensors")
        expectRefusal("model.safetensors")
    }

    @Test func `tensors of another model are refused`() throws {
        var file = TinyModel().safetensors(.transformers4)
        file.tensors.append(
            .init(name: "model.layers.0.self_attn.q_proj.bias", type: "F32", shape: [1], bytes: [0, 0, 0, 0]))
        try folder.write(file.encoded, as: "model.safetensors")
        expectRefusal("q_proj.bias", "without biases")
    }

    @Test func `an index that does not fit the files is refused`() throws {
        try folder.write(#"{"weight_map": {"x": "model.safetensors"}}"#, as: "model.safetensors.index.json")
        expectRefusal("says that x is in model.safetensors", "no file has it", "fetch model.safetensors and the index")
        try folder.write(#"{"weight_map": {"x": "other.safetensors"}}"#, as: "model.safetensors.index.json")
        expectRefusal("other.safetensors, which is missing")
        try folder.write(#"{"weight_map": {"x": "../up.safetensors"}}"#, as: "model.safetensors.index.json")
        expectRefusal("../up.safetensors", "no safetensors file of this folder")
    }

    @Test func `parts that lie under another part's name are found`() throws {
        let whole = TinyModel().safetensors(.transformers4)
        let (first, second) = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")
        var parts = [SafetensorsBytes(), SafetensorsBytes()]
        for (index, tensor) in whole.tensors.enumerated() { parts[index % 2].tensors.append(tensor) }
        try folder.remove("model.safetensors")
        try folder.write(parts[0].encoded, as: first)
        expectRefusal("\(second), a part of the model, is missing", "Fetch all parts")

        try folder.write(parts[0].encoded, as: second)
        expectRefusal("\(second): has the tensor", "which \(folder.path)/\(first) has, too", "fetch both again")

        let map =
            parts[0].tensors.map { "\"\($0.name)\": \"\(first)\"" }
            + parts[1].tensors.map { "\"\($0.name)\": \"\(second)\"" }
        try folder.write(#"{"weight_map": {\#(map.joined(separator: ","))}}"#, as: "model.safetensors.index.json")
        try folder.write(parts[1].encoded, as: first)
        let name = try #require(whole.tensors.map(\.name).min())
        let (told, found) = parts[0].tensors.contains { $0.name == name } ? (first, second) : (second, first)
        expectRefusal("\(name) is in \(told), but it is in \(found)", "again from one place")
    }

    @Test func `the weights of two models in one folder are refused`() throws {
        var file = TinyModel().safetensors(.transformers4)
        for index in file.tensors.indices { file.tensors[index].name = "thinker." + file.tensors[index].name }
        var other = file.tensors[0]
        other.name = "talker.model.embed_tokens.weight"
        file.tensors.append(other)
        try folder.write(file.encoded, as: "model.safetensors")
        expectRefusal("several models: talker.model.embed_tokens.weight, thinker.model.embed_tokens.weight")
    }

    @Test func `a link to nothing is said to be one`() throws {
        try folder.remove("config.json")
        try FileManager.default.createSymbolicLink(
            atPath: folder.path + "/config.json", withDestinationPath: "../../blobs/0af3")
        expectRefusal("config.json: is a link to ../../blobs/0af3, which is missing", "Download the model again")
    }

    @Test func `a special token by a text that is no piece is refused`() throws {
        try folder.write(#"{"eos_token_id": "<|end|>"}"#, as: "generation_config.json")
        expectRefusal(#"special token "<|end|>", which is not in its vocabulary"#, "eos_token_id")
    }

    @Test func `without tokenizer.model it is said what is needed`() throws {
        try folder.remove("tokenizer.model")
        expectRefusal("no tokenizer", "tokenizer.model")
        try folder.write("{}", as: "tokenizer.json")
        expectRefusal("tokenizer.json", "there is no model in it")
        try folder.remove("tokenizer.json")
        try folder.write("{}", as: "tekken.json")
        expectRefusal("only tekken.json", "tokenizer.model (SentencePiece)")
    }

    @Test func `a tokenizer with more pieces than the model has tokens is refused`() throws {
        try folder.write(
            sentencePieceModel(
                pieces: TinyModel.pieces + ["c"], scores: TinyModel.scores + [-9], kinds: TinyModel.kinds + [1]),
            as: "tokenizer.model")
        expectRefusal("263 pieces, but the model knows 262")
    }

    @Test func `an unreadable tokenizer is refused`() throws {
        try folder.write("no protocol buffer", as: "tokenizer.model")
        expectRefusal("tokenizer.model")
    }

    @Test func `special tokens beyond the vocabulary are refused`() throws {
        try folder.write(#"{"eos_token_id": 262}"#, as: "generation_config.json")
        expectRefusal("special token 262")
        try folder.write(#"{"eos_token_id": [2, -1]}"#, as: "generation_config.json")
        expectRefusal("special token -1")
    }

    @Test func `pointers of Git LFS are told from files`() throws {
        try folder.write(
            "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 4000000000\n", as: "model.safetensors")
        expectRefusal("model.safetensors: is a Git LFS pointer", "git lfs pull")
    }

    @Test func `PyTorch checkpoints are told from safetensors`() throws {
        try folder.remove("model.safetensors")
        expectRefusal("no *.safetensors")
        try folder.write("PK", as: "pytorch_model.bin")
        expectRefusal("pytorch_model.bin", "save_pretrained")
    }
}
