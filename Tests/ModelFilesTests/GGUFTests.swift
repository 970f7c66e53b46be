import Foundation
import ModelFiles
import Tensors
import Testing

@Suite struct GGUFTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test(arguments: WeightFormat.allCases, TinyModel.Experts.allCases)
    func `every role's bytes are read back`(format: WeightFormat, experts: TinyModel.Experts) throws {
        let tiny = TinyModel(format: format, experts: experts)
        let model = try ModelFile.open(path: folder.write(tiny.gguf.encoded, as: "tiny.gguf"))
        for role in tiny.roles {
            let tensor = try model.tensor(role)
            #expect((tensor.rows, tensor.columns) == role.shape(in: tiny.architecture))
            #expect(tensor.format == tiny.format(of: role))
            #expect(try model.contents(of: role) == tiny.bytes(of: role), "\(role)")
        }
    }

    @Test func `the architecture is read`() throws {
        let tiny = TinyModel()
        let model = try ModelFile.open(path: folder.write(tiny.gguf.encoded, as: "tiny.gguf"))
        #expect(model.architecture == tiny.architecture)
        #expect(model.name == "tiny")
    }

    @Test func `version 2 is read, too`() throws {
        var file = TinyModel().gguf
        file.version = 2
        #expect(try ModelFile.open(path: folder.write(file.encoded, as: "tiny.gguf")).name == "tiny")
    }

    @Test func `optional metadata is read`() throws {
        var file = TinyModel().gguf
        file.remove("general.name")
        file.remove("llama.vocab_size")
        file.set("llama.attention.key_length", 16 as UInt32)
        file.set("llama.attention.value_length", 16 as UInt32)
        file.set("llama.rope.dimension_count", 8 as UInt32)
        file.set("llama.attention.sliding_window", 40 as UInt32)
        file.set("llama.rope.scaling.type", "none")
        file.set("llama.expert_gating_func", 1 as UInt32)
        let model = try ModelFile.open(path: folder.write(file.encoded, as: "some name.gguf"))
        #expect(model.architecture.rotaryDimensions == 8)
        #expect(model.architecture.slidingWindow == 40)
        #expect(model.name == "some name")
    }

    @Test func `without an output projection the embeddings are tied`() throws {
        let tiny = TinyModel(tiedEmbeddings: true)
        let model = try ModelFile.open(path: folder.write(tiny.gguf.encoded, as: "tiny.gguf"))
        #expect(model.architecture.tiedEmbeddings)
        #expect(try model.contents(of: .tokenEmbedding) == tiny.bytes(of: .tokenEmbedding))
    }

    @Test func `another alignment is read`() throws {
        let tiny = TinyModel()
        var file = tiny.gguf
        file.alignment = 256
        file.set("general.alignment", 256 as UInt32)
        let model = try ModelFile.open(path: folder.write(file.encoded, as: "tiny.gguf"))
        #expect(try model.contents(of: .output) == tiny.bytes(of: .output))
    }

    @Test func `metadata of every type may be there`() throws {
        var file = TinyModel().gguf
        let sizes: [UInt32: Int] = [0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8]
        for (type, size) in sizes {
            file.set("other.\(type)", type: type, [UInt8](repeating: 1, count: size))
            file.setArray(
                "other.array.\(type)", of: type, [[UInt8]](repeating: [UInt8](repeating: 1, count: size), count: 3))
        }
        file.set("other.empty", [] as [String])
        file.set("llama.block_count", type: 11, bytes(2 as Int64))
        file.set("llama.context_length", type: 2, bytes(128 as UInt16))
        #expect(try ModelFile.open(path: folder.write(file.encoded, as: "tiny.gguf")).architecture.layerCount == 2)
    }

    @Test(arguments: [nil, 262, 263] as [UInt32?])
    func `an added token that the embeddings have no row for is left out`(said: UInt32?) throws {
        var file = TinyModel().gguf
        file.add(token: "<pad>", kind: 3)
        file.remove("llama.vocab_size")
        if let said { file.set("llama.vocab_size", said) }
        let model = try ModelFile.open(path: folder.write(file.encoded, as: "tiny.gguf"))
        #expect(model.tokenizer.pieces == TinyModel.pieces)
        #expect(model.tokenizer.scores == TinyModel.scores)
        #expect(model.tokenizer.kinds.count == 262)
        #expect(model.architecture.vocabularySize == 262)
    }

    @Test func `a part of several that is renamed, missing or another's is told what it is`() throws {
        func part(_ number: UInt16, of count: UInt16 = 2, tensors: Range<Int>) -> [UInt8] {
            var file = TinyModel().gguf
            file.set("split.no", type: 2, bytes(number))
            file.set("split.count", type: 2, bytes(count))
            file.set("split.tensors.count", type: 5, bytes(Int32(file.tensors.count)))
            file.tensors = Array(file.tensors[tensors])
            return file.encoded
        }
        func problem(of path: String) -> String {
            (#expect(throws: ModelFileError.self) { try ModelFile.open(path: path) })?.description ?? ""
        }
        let all = TinyModel().gguf.tensors.count
        let renamed = problem(of: try folder.write(part(0, tensors: 0..<5), as: "tiny.gguf"))
        #expect(renamed.contains("is part 1 of 2, but its name does not end in -00001-of-00002.gguf"), "\(renamed)")
        #expect(renamed.contains("the names again that they were published with"))

        let first = try folder.write(part(0, tensors: 0..<5), as: "tiny-00001-of-00002.gguf")
        let second = folder.path + "/tiny-00002-of-00002.gguf"
        #expect(
            problem(of: first).hasPrefix("\(second): part 2 of 2 is missing. Fetch all parts"), "\(problem(of: first))")

        try folder.write(part(0, tensors: 0..<5), as: "tiny-00002-of-00002.gguf")
        #expect(problem(of: first).contains("is not part 2 of 2, as its name says: it is part 1 of 2"))
        #expect(problem(of: first).contains("fetch part 2"))
        try folder.write(part(1, of: 3, tensors: 5..<all), as: "tiny-00002-of-00002.gguf")
        #expect(problem(of: first).contains("it is part 2 of 3"))
        try folder.write(TinyModel().gguf.encoded, as: "tiny-00002-of-00002.gguf")
        #expect(problem(of: first).contains("it is a file by itself"))

        try folder.write(part(1, tensors: 5..<all - 1), as: "tiny-00002-of-00002.gguf")
        #expect(
            problem(of: first).contains("2 parts have \(all) tensors, but they have \(all - 1)"),
            "\(problem(of: first))")
        try folder.write(part(1, tensors: 5..<all), as: "tiny-00002-of-00002.gguf")
        for part in [first, second] {
            #expect(try ModelFile.open(path: part).architecture == TinyModel().architecture)
        }
        try FileManager.default.removeItem(atPath: first)
        #expect(problem(of: second).contains("is part 2 of 2. Give the first"))
    }

    @Test func `a model in several files is read from the first`() throws {
        let tiny = TinyModel()
        var (first, second) = (tiny.gguf, GGUFBytes())
        first.set("split.count", type: 2, bytes(2 as UInt16))
        first.set("split.no", type: 2, bytes(0 as UInt16))
        second.set("split.count", type: 2, bytes(2 as UInt16))
        second.set("split.no", type: 2, bytes(1 as UInt16))
        second.tensors = Array(first.tensors[5...])
        first.tensors.removeSubrange(5...)
        let path = try folder.write(first.encoded, as: "tiny-00001-of-00002.gguf")
        let secondPath = try folder.write(second.encoded, as: "tiny-00002-of-00002.gguf")
        let model = try ModelFile.open(path: path)
        for role in tiny.roles { #expect(try model.contents(of: role) == tiny.bytes(of: role), "\(role)") }

        for other in [secondPath, folder.path] {
            #expect(try ModelFile.open(path: other).digest == model.digest)
        }
        try folder.remove("tiny-00002-of-00002.gguf")
        #expect(throws: ModelFileError.self) { try ModelFile.open(path: path) }
    }

    @Test func `the digest changes with the header and the size`() throws {
        let tiny = TinyModel()
        let path = try folder.write(tiny.gguf.encoded, as: "tiny.gguf")
        let digest = try ModelFile.open(path: path).digest
        #expect(try ModelFile.open(path: path).digest == digest)
        var other = tiny.gguf
        other.set("general.name", "tina")
        #expect(try ModelFile.open(path: folder.write(other.encoded, as: "tiny.gguf")).digest != digest)
    }

    @Test func `the tokenizer is read`() throws {
        var file = TinyModel().gguf
        let plain = try ModelFile.open(path: folder.write(file.encoded, as: "plain.gguf")).tokenizer
        #expect(plain.pieces == TinyModel.pieces)
        #expect(plain.scores == TinyModel.scores)
        #expect(plain.kinds.map { Int32($0.rawValue) } == TinyModel.kinds)
        #expect((plain.unknownID, plain.beginningID) == (0, 1))
        #expect(plain.endIDs == [2])
        #expect(plain.addsBeginning && plain.addsSpacePrefix && !plain.removesExtraSpaces)
        #expect(plain.chatTemplate == nil)

        file.set("tokenizer.ggml.eot_token_id", 259 as UInt32)
        file.set("tokenizer.ggml.eom_token_id", 2 as UInt32)
        file.set("tokenizer.ggml.add_bos_token", false)
        file.set("tokenizer.ggml.add_space_prefix", false)
        file.set("tokenizer.ggml.remove_extra_whitespaces", true)
        file.set("tokenizer.chat_template", "{{ messages }}")
        let other = try ModelFile.open(path: folder.write(file.encoded, as: "other.gguf")).tokenizer
        #expect(other.endIDs == [2, 259])
        #expect(!other.addsBeginning && !other.addsSpacePrefix && other.removesExtraSpaces)
        #expect(other.chatTemplate == "{{ messages }}")
    }
}
