import Foundation
import ModelFiles
import Testing

/// What a model's files hold beside the model: named when it may be left out, and a reason to refuse when it may not.
@Suite struct LeftOutTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private static let tower = "the part that takes pictures or sound is left out"
    private static let draft = "the part that guesses several tokens at once is left out"

    /// A GGUF file of two layers, changed.
    private func gguf(_ change: (inout GGUFBytes) -> Void) throws -> any ModelSource {
        var file = TinyModel().gguf
        change(&file)
        return try ModelFile.open(path: folder.write(file.encoded, as: "tiny.gguf"))
    }

    /// A folder of two layers with more tensors and more in its `config.json`.
    private func published(_ tensors: [String], says more: String = #""use_cache": true"#) throws -> any ModelSource {
        try TinyModel().write(to: folder, layout: .transformers4)
        let configuration = TinyModel().configuration(.transformers4)
        try folder.write(
            configuration.replacingOccurrences(of: #""use_cache": true"#, with: more), as: "config.json")
        var file = TinyModel().safetensors(.transformers4)
        file.tensors += tensors.map { .init(name: $0, type: "F32", shape: [1], bytes: [0, 0, 0, 0]) }
        try folder.write(file.encoded, as: "model.safetensors")
        return try ModelFile.open(path: folder.path)
    }

    private func refusal(_ open: () throws -> any ModelSource) -> String {
        #expect(throws: ModelFileError.self) { try open() }?.description ?? ""
    }

    @Test func `of a model that is only a model nothing is left out`() throws {
        #expect(try gguf { _ in }.leftOut.isEmpty)
        #expect(try published([]).leftOut.isEmpty)
    }

    @Test(arguments: [
        ("model.visual.blocks.0.attn.qkv.weight", "model.visual.merger.mlp.0.bias"),
        ("model.vision_tower.layers.0.rotary_emb.inv_freq", "multi_modal_projector.linear_1.weight"),
        ("audio_tower.layers.7.fc1.weight", "vision_model.encoder.layers.1.norm.weight"),
    ])
    func `towers are left out of folders, and that is said in one line`(first: String, second: String) throws {
        let model = try published([second, first])
        let names = "(\(first) and 1 more)"
        #expect(model.leftOut == ["\(Self.tower) \(names): the model gets nothing but text"])
        _ = try model.contents(of: .output)
    }

    @Test func `a configuration with pictures is taken for what it says of text`() throws {
        let model = try published([], says: #""vision_config": {"depth": 2}"#)
        #expect(model.leftOut == ["\(Self.tower) (vision_config): the model gets nothing but text"])
        let both = try published(["visual.x"], says: #""vision_config": {"depth": 2}"#)
        #expect(both.leftOut == ["\(Self.tower) (visual.x): the model gets nothing but text"])
    }

    @Test func `towers are left out of GGUF files`() throws {
        let model = try gguf { file in
            for name in ["v.blk.0.attn_q.weight", "mm.0.weight"] {
                file.tensors.append(.init(name: name, dimensions: [8], type: 0, bytes: .init(repeating: 0, count: 32)))
            }
        }
        #expect(
            model.leftOut == [
                "\(Self.tower) (mm.0.weight and 1 more): the model gets nothing but text"
            ])
    }

    @Test func `layers that guess tokens ahead are left out of folders where the configuration says so`() throws {
        let names = ["model.layers.2.eh_proj.weight", "model.layers.2.self_attn.q_proj.weight"]
        let model = try published(names, says: #""num_nextn_predict_layers": 1"#)
        #expect(model.architecture.layerCount == 2)
        #expect(
            model.leftOut == ["\(Self.draft) (\(names[0]) and 1 more): the text is the same without"])
        #expect(refusal { try published(names) }.contains("\(names[0]) and 1 more tensors, which a model of this"))
        let beyond = ["model.layers.3.eh_proj.weight"]
        #expect(
            refusal { try published(beyond, says: #""num_nextn_predict_layers": 1"#) }.contains(
                "the tensor \(beyond[0]), which"))
    }

    @Test func `a head that guesses tokens ahead is left out`() throws {
        let model = try published(["mtp.fc.weight"])
        #expect(model.leftOut == ["\(Self.draft) (mtp.fc.weight): the text is the same without"])
    }

    @Test func `blocks that guess tokens ahead are left out of GGUF files`() throws {
        let model = try gguf { file in
            file.set("llama.block_count", 3 as UInt32)
            file.set("llama.nextn_predict_layers", 1 as UInt32)
            for name in ["blk.2.attn_q.weight", "blk.2.nextn.eh_proj.weight"] {
                file.tensors.append(.init(name: name, dimensions: [8], type: 0, bytes: .init(repeating: 0, count: 32)))
            }
        }
        #expect(model.architecture == TinyModel().architecture)
        #expect(
            model.leftOut == ["\(Self.draft) (blk.2.attn_q.weight and 1 more): the text is the same without"])
    }

    @Test(arguments: [0, 1, 7]) func `heads that guess tokens without a number of their own are refused`(block: Int) {
        let message = refusal {
            try gguf { file in
                let name = "blk.\(block).nextn.eh_proj.weight"
                file.tensors.append(.init(name: name, dimensions: [8], type: 0, bytes: .init(repeating: 0, count: 32)))
            }
        }
        #expect(message.contains("the tensor blk.\(block).nextn.eh_proj.weight, which a model of this architecture"))
    }

    @Test func `angles of rotations are left out`() throws {
        let names = (0..<2).map { "model.layers.\($0).self_attn.rotary_emb.inv_freq" }
        #expect(
            try published(names).leftOut == [
                "angles of rotations are left out (\(names[0]) and 1 more): they follow from the rotary base"
            ])
    }

    @Test func `files of weights that are not read are named`() throws {
        try folder.write(TinyModel().safetensors(.transformers4).encoded, as: "consolidated.safetensors")
        let path = folder.path
        #expect(
            try published([]).leftOut == [
                "consolidated.safetensors in \(path) is left out: the weights are those of model.safetensors"
            ])
    }

    @Test func `an adapter beside a model is refused`() throws {
        try folder.write("{}", as: "adapter_config.json")
        let message = refusal { try published([]) }
        #expect(message.contains("has an adapter (adapter_config.json) beside the model"))
        #expect(message.contains("merge_and_unload"))
    }

    @Test(arguments: [
        (#""MixtralForCausalLM""#, #""LlamaForCausalLMEagle3""#, "draft model (LlamaForCausalLMEagle3)"),
        (#""model_type": "mixtral""#, #""model_type": "medusa""#, "draft model (medusa)"),
        (#""use_cache": true"#, #""speculators_model_type": "eagle3""#, "draft model (speculators_model_type)"),
        (
            #""model_type": "mixtral""#,
            #""model_type": "llava", "vision_config": {"depth": 2}, "text_config": {"model_type": "mixtral"}"#,
            "model_type llava, which takes more than text (vision_config) around a text model of the type mixtral"
        ),
    ])
    func `configurations of other models are refused by name`(found: String, replacement: String, words: String) throws
    {
        try TinyModel().write(to: folder, layout: .transformers4)
        let configuration = TinyModel().configuration(.transformers4)
        try #require(configuration.contains(found))
        try folder.write(configuration.replacingOccurrences(of: found, with: replacement), as: "config.json")
        let message = refusal { try ModelFile.open(path: folder.path) }
        #expect(message.contains(words), "\(message)")
    }
}
