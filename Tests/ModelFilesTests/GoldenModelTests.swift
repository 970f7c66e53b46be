import Foundation
import ModelFiles
import Tensors
import Testing

/// Files that transformers, llama.cpp's converter and its quantizer wrote (Tests/Golden/README.md).
@Suite struct GoldenModelTests {
    private func open(_ name: String) throws -> any ModelSource {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        return try ModelFile.open(path: folder.appending(path: "Golden").appending(path: name).path)
    }

    private func formats(_ model: any ModelSource, _ roles: [TensorRole]) throws -> [WeightFormat] {
        try roles.map { try model.tensor($0).format }
    }

    @Test(arguments: [
        ("small-f32.gguf", WeightFormat.f32), ("small-f16.gguf", .f16), ("small-bf16.gguf", .bf16),
        ("small-q8_0.gguf", .q8_0), ("small-q4_0.gguf", .q4_0),
    ])
    func `llama.cpp's files are read`(name: String, format: WeightFormat) throws {
        let model = try open(name)
        let architecture = model.architecture
        #expect((architecture.hiddenSize, architecture.intermediateSize) == (64, 32))
        #expect((architecture.headCount, architecture.keyValueHeadCount, architecture.headSize) == (6, 2, 16))
        #expect((architecture.expertCount, architecture.expertsPerToken) == (8, 2))
        #expect(architecture.rotaryPairing == .adjacent)
        #expect(
            try formats(model, [TensorRole(.query, layer: 0), TensorRole(.expertDown, layer: 1, expert: 7)]) == [
                format, format,
            ])
        #expect(try formats(model, [TensorRole(.gate, layer: 0), .outputNorm]) == [.f32, .f32])
        #expect(model.tokenizer.pieces.count == architecture.vocabularySize)
        #expect(model.tokenizer.addsBeginning)
    }

    @Test func `experts one by one have the bytes of stacked ones`() throws {
        let (old, new) = (try open("small-q8_0-old-layout.gguf"), try open("small-q8_0.gguf"))
        #expect(old.architecture == new.architecture)
        for layer in 0..<new.architecture.layerCount {
            for expert in 0..<new.architecture.expertCount {
                for role in [
                    TensorRole(.expertGate, layer: layer, expert: expert),
                    TensorRole(.expertUp, layer: layer, expert: expert),
                    TensorRole(.expertDown, layer: layer, expert: expert),
                ] { #expect(try old.contents(of: role) == new.contents(of: role), "\(role)") }
            }
        }
    }

    @Test func `mixed formats are told tensor by tensor`() throws {
        let small = try open("small-q4_0-mixed.gguf")
        #expect(
            try formats(
                small,
                [TensorRole(.query, layer: 0), TensorRole(.key, layer: 0), TensorRole(.value, layer: 0), .output])
                == [.q4_0, .q8_0, .q8_0, .q8_0])
        #expect(try formats(open("wide-q4_0-mixed.gguf"), [TensorRole(.query, layer: 0), .output]) == [.q4_0, .q6_K])
        let many = try open("many-formats.gguf")
        let experts = (0..<2).flatMap { layer -> [TensorRole] in
            [
                TensorRole(.query, layer: layer), TensorRole(.key, layer: layer), TensorRole(.value, layer: layer),
                TensorRole(.attentionOutput, layer: layer),
                TensorRole(.expertGate, layer: layer, expert: 1), TensorRole(.expertUp, layer: layer, expert: 1),
                TensorRole(.expertDown, layer: layer, expert: 1),
            ]
        }
        #expect(
            try formats(many, [.tokenEmbedding, .output] + experts)
                == [
                    .q5_1, .q6_K, .q4_K, .q5_K, .q8_0, .iq4_xs, .q2_K, .q3_K, .iq3_s, .q5_0, .q4_1, .iq4_nl, .q4_0,
                    .mxfp4,
                    .q4_K, .q5_K,
                ])
    }

    @Test func `a float32 folder with widths that fit nothing is read`() throws {
        let model = try open("odd")
        let architecture = model.architecture
        #expect((architecture.hiddenSize, architecture.intermediateSize, architecture.headSize) == (36, 45, 8))
        #expect((architecture.rotaryBase, architecture.rotaryPairing) == (10_000, .halves))
        #expect(architecture.slidingWindow == nil)
        #expect(try formats(model, [TensorRole(.gate, layer: 0), .output]) == [.f32, .f32])
        #expect(model.tokenizer.endIDs == [2])
    }

    @Test func `a bfloat16 folder of four files with a window is read`() throws {
        let model = try open("window")
        #expect(model.architecture.slidingWindow == 9)
        #expect((model.architecture.expertCount, model.architecture.keyValueHeadCount) == (6, 1))
        #expect(try formats(model, [TensorRole(.gate, layer: 0), .output]) == [.bf16, .bf16])
    }

    @Test func `a folder of transformers 4 with tied embeddings is read`() throws {
        let model = try open("tied")
        #expect(model.architecture.tiedEmbeddings)
        #expect((model.architecture.expertCount, model.architecture.expertsPerToken) == (7, 3))
        #expect(try formats(model, [.tokenEmbedding]) == [.f16])
    }
}
