import Foundation
import ModelFiles
import Tensors
import Testing

@Suite struct HuggingFaceTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test(arguments: [WeightFormat.f32, .f16, .bf16], TinyModel.Layout.allCases)
    func `every role's bytes are read back`(format: WeightFormat, layout: TinyModel.Layout) throws {
        let tiny = TinyModel(format: format, floatFormat: format)
        try tiny.write(to: folder, layout: layout)
        let model = try ModelFile.open(path: folder.path)
        for role in tiny.roles {
            #expect(try model.tensor(role).format == format)
            #expect(try model.contents(of: role) == tiny.bytes(of: role), "\(role)")
        }
    }

    @Test(arguments: TinyModel.Layout.allCases)
    func `the architecture is read`(layout: TinyModel.Layout) throws {
        let tiny = TinyModel()
        try tiny.write(to: folder, layout: layout)
        let model = try ModelFile.open(path: folder.path + "/")
        var expected = tiny.architecture
        expected.rotaryPairing = .halves
        #expect(model.architecture == expected)
        #expect(folder.path.hasSuffix(model.name))
    }

    @Test func `the tokenizer takes its settings from the files around it`() throws {
        try TinyModel().write(to: folder, layout: .transformers4)
        let tokenizer = try ModelFile.open(path: folder.path).tokenizer
        #expect(tokenizer.pieces == TinyModel.pieces)
        #expect(tokenizer.scores == TinyModel.scores)
        #expect(tokenizer.beginningID == 1)
        #expect(tokenizer.endIDs == [2, 259])
        #expect(tokenizer.addsBeginning)
        #expect(tokenizer.chatTemplate == "{{ x }}")

        try folder.write("{% file %}", as: "chat_template.jinja")
        #expect(try ModelFile.open(path: folder.path).tokenizer.chatTemplate == "{% file %}")
    }

    @Test func `a tokenizer alone begins texts with the beginning mark`() throws {
        try TinyModel().write(to: folder, layout: .transformers4)
        try folder.remove("tokenizer_config.json")
        try folder.remove("generation_config.json")
        let tokenizer = try ModelFile.open(path: folder.path).tokenizer
        #expect(tokenizer.addsBeginning)
        #expect(tokenizer.endIDs == [2])
        #expect(tokenizer.chatTemplate == nil)
    }

    @Test func `named chat templates: the default counts`() throws {
        try TinyModel().write(to: folder, layout: .transformers4)
        try folder.write(
            #"{"add_bos_token": false, "chat_template": [{"name": "rag", "template": "r"}, {"name": "default", "template": "d"}]}"#,
            as: "tokenizer_config.json")
        let tokenizer = try ModelFile.open(path: folder.path).tokenizer
        #expect(tokenizer.chatTemplate == "d")
        #expect(!tokenizer.addsBeginning)
    }

    @Test func `added tokens stand at their ids, and what is left is filled`() throws {
        try TinyModel().write(to: folder, layout: .transformers4)
        let own = TinyModel.pieces.count - 3
        try folder.write(
            sentencePieceModel(
                pieces: Array(TinyModel.pieces[..<own]), scores: Array(TinyModel.scores[..<own]),
                kinds: Array(TinyModel.kinds[..<own])), as: "tokenizer.model")
        try folder.write(#"{"<|im_end|>": \#(own)}"#, as: "added_tokens.json")
        try folder.write(
            #"{"added_tokens_decoder": {"0": {"content": "<unk>", "special": true}, "\#(own + 1)": {"content": "<|x|>", "special": true}}}"#,
            as: "tokenizer_config.json")
        try folder.write(#"{"eos_token_id": \#(own)}"#, as: "generation_config.json")
        let tokenizer = try ModelFile.open(path: folder.path).tokenizer
        #expect(tokenizer.pieces.suffix(3) == ["<|im_end|>", "<|x|>", "[PAD\(own + 2)]"])
        #expect(tokenizer.kinds.suffix(3) == [.userDefined, .control, .unused])
        #expect(tokenizer.kinds[0] == .unknown)
        #expect(tokenizer.endIDs == [own, 2])
    }

    @Test func `added tokens that the embeddings have no row for are left out`() throws {
        try TinyModel().write(to: folder, layout: .transformers4)
        let count = TinyModel.pieces.count
        try folder.write(#"{"<pad>": \#(count), "<far>": 9007199254740993}"#, as: "added_tokens.json")
        try folder.write(
            #"{"added_tokens_decoder": {"\#(count + 1)": {"content": "<|im_end|>", "special": true}}}"#,
            as: "tokenizer_config.json")
        let model = try ModelFile.open(path: folder.path)
        #expect(model.tokenizer.pieces == TinyModel.pieces)
        #expect(model.architecture.vocabularySize == count)
    }

    @Test func `special tokens may be told by their text`() throws {
        try TinyModel().write(to: folder, layout: .transformers4)
        try folder.write(#"{"bos_token_id": "b", "eos_token_id": ["</s>", 260]}"#, as: "generation_config.json")
        let tokenizer = try ModelFile.open(path: folder.path).tokenizer
        #expect(tokenizer.beginningID == 261)
        #expect(tokenizer.endIDs == [2, 260])
    }

    @Test(arguments: [#""b""#, #"{"content": "b", "lstrip": false}"#])
    func `where no id ends a text the tokenizer's end does`(token: String) throws {
        try TinyModel().write(to: folder, layout: .transformers4)
        let configuration = TinyModel().configuration(.transformers4)
        try folder.write(configuration.replacingOccurrences(of: #""eos_token_id": 2,"#, with: ""), as: "config.json")
        try folder.write(#"{"bos_token_id": 1}"#, as: "generation_config.json")
        try folder.write(#"{"eos_token": \#(token), "bos_token": "a"}"#, as: "tokenizer_config.json")
        let tokenizer = try ModelFile.open(path: folder.path).tokenizer
        #expect(tokenizer.endIDs == [261, 2], "and </s> by its name")
        #expect(tokenizer.beginningID == 1)
    }

    @Test(arguments: ["language_model.", "module.", "_orig_mod."])
    func `tensors with another beginning are read`(prefix: String) throws {
        let tiny = TinyModel()
        try tiny.write(to: folder, layout: .transformers4)
        var file = tiny.safetensors(.transformers4)
        for index in file.tensors.indices { file.tensors[index].name = prefix + file.tensors[index].name }
        try folder.write(file.encoded, as: "model.safetensors")
        let model = try ModelFile.open(path: folder.path)
        #expect(!model.architecture.tiedEmbeddings)
        for role in tiny.roles { #expect(try model.contents(of: role) == tiny.bytes(of: role), "\(role)") }
    }

    @Test func `numbers that JSON does not have are read as Python writes them`() throws {
        try TinyModel().write(to: folder, layout: .transformers4)
        let configuration = TinyModel().configuration(.transformers4)
        try folder.write(
            configuration.replacingOccurrences(
                of: #""use_cache": true"#,
                with: #""limits": [0.0, Infinity, -Infinity], "note": "a \"NaN\" \\", "initializer_range": NaN"#),
            as: "config.json")
        #expect(try ModelFile.open(path: folder.path).architecture.rotaryBase == 500_000)
    }

    @Test func `a snapshot in a hub's cache has the repository's name`() throws {
        let snapshot =
            folder.path + "/models--mistralai--Mixtral-8x7B-v0.1/snapshots/1e637f2d7cb0a9d6fb1922f305cb784995190a83"
        try FileManager.default.createDirectory(atPath: snapshot, withIntermediateDirectories: true)
        try TinyModel().write(to: folder, layout: .transformers4)
        for name in try folder.names where !name.hasPrefix("models") {
            try FileManager.default.moveItem(atPath: folder.path + "/" + name, toPath: snapshot + "/" + name)
        }
        #expect(try ModelFile.open(path: snapshot).name == "Mixtral-8x7B-v0.1")
        #expect(try ModelFile.open(path: snapshot + "/").name == "Mixtral-8x7B-v0.1")
    }

    @Test func `tied embeddings are tied unless there is an output projection`() throws {
        let tied = TinyModel(tiedEmbeddings: true)
        try tied.write(to: folder, layout: .transformers5)
        #expect(try ModelFile.open(path: folder.path).architecture.tiedEmbeddings)
        let both = TinyModel()
        try folder.write(both.safetensors(.transformers5).encoded, as: "model.safetensors")
        let model = try ModelFile.open(path: folder.path)
        #expect(!model.architecture.tiedEmbeddings)
        #expect(try model.contents(of: .output) == both.bytes(of: .output))
    }

    @Test(arguments: [true, false])
    func `weights in several files are read`(hasIndex: Bool) throws {
        let tiny = TinyModel()
        try tiny.write(to: folder, layout: .transformers4)
        try folder.remove("model.safetensors")
        let whole = tiny.safetensors(.transformers4)
        var parts = [SafetensorsBytes(), SafetensorsBytes()]
        for (index, tensor) in whole.tensors.enumerated() { parts[index % 2].tensors.append(tensor) }
        var map: [String] = []
        for (index, part) in parts.enumerated() {
            let name = "model-0000\(index + 1)-of-00002.safetensors"
            try folder.write(part.encoded, as: name)
            map += part.tensors.map { "\"\($0.name)\": \"\(name)\"" }
        }
        if hasIndex {
            try folder.write(
                #"{"metadata": {"total_size": 1}, "weight_map": {\#(map.joined(separator: ","))}}"#,
                as: "model.safetensors.index.json")
            try folder.write("not looked at", as: "consolidated.safetensors")
        }
        let model = try ModelFile.open(path: folder.path)
        for role in tiny.roles { #expect(try model.contents(of: role) == tiny.bytes(of: role), "\(role)") }
    }

    @Test func `the digest changes when a file does`() throws {
        try TinyModel().write(to: folder, layout: .transformers4)
        let digest = try ModelFile.open(path: folder.path).digest
        #expect(try ModelFile.open(path: folder.path).digest == digest)
        try folder.write(#"{"add_bos_token": false}"#, as: "tokenizer_config.json")
        #expect(try ModelFile.open(path: folder.path).digest != digest)
    }
}
