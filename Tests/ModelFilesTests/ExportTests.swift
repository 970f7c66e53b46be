import Foundation
import ModelFiles
import Tensors
import Testing

@Suite struct ExportTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func checkpoint(_ change: (inout Architecture) -> Void = { _ in }) throws -> any ModelSource {
        var sample = CheckpointSample()
        change(&sample.architecture)
        let path = folder.path + "/step-00000001.safetensors"
        try sample.write(to: path)
        return try ModelFile.open(path: path)
    }

    /// What is read back, too.
    private static let forms: [(name: String, gguf: String?, change: @Sendable (inout Architecture) -> Void)] = [
        ("mixtral", "llama", { _ in }), ("mixtral", "llama", { $0.tiedEmbeddings = true }),
        ("qwen3_moe", "qwen3moe", { $0.qkNorm = .heads }),
        (
            "qwen3_moe", nil,
            {
                $0.qkNorm = .heads
                $0.routing = Routing(name: "switch", weighting: .softmax)
                $0.expertsPerToken = 1
            }
        ),
        (
            "olmoe", "olmoe",
            {
                $0.qkNorm = .whole
                $0.routing = Routing(name: "top-k", weighting: .softmax)
            }
        ),
        (
            "glm4_moe", "glm4moe",
            {
                $0.routing = Routing(name: "sigmoid", weighting: .sigmoidOfChosen, scale: 2.5, hasBias: true)
                $0.sharedIntermediateSize = 2 * $0.intermediateSize
                $0.rotaryDimensions = $0.headSize / 2
            }
        ),
        (
            "glm4_moe", "glm4moe",
            {
                $0.qkNorm = .heads
                $0.routing = Routing(name: "sigmoid", weighting: .sigmoid, hasBias: true)
                $0.sharedIntermediateSize = $0.intermediateSize
            }
        ),
    ]

    @Test(arguments: forms.indices) func `a folder that is written is read back with the same numbers`(form: Int) throws
    {
        let form = Self.forms[form]
        let source = try checkpoint(form.change)
        let path = folder.path + "/folder"
        #expect(try Exporter(source).write(.huggingFace, to: path) == form.name)
        let model = try ModelFile.open(path: path)
        expectSameArchitecture(model, source, pairing: .halves)
        #expect(model.tokenizer.pieces == source.tokenizer.pieces)
        #expect(model.tokenizer.endIDs == source.tokenizer.endIDs)
        for role in roles(of: source) {
            #expect(try model.numbers(of: role) == source.numbers(of: role), "\(role)")
        }
    }

    @Test(arguments: forms.indices.filter { forms[$0].gguf != nil })
    func `a GGUF that is written is read back with the same numbers`(form: Int) throws {
        let form = Self.forms[form]
        let source = try checkpoint(form.change)
        let path = folder.path + "/out.gguf"
        #expect(try Exporter(source).write(.gguf, to: path) == form.gguf)
        let model = try ModelFile.open(path: path)
        expectSameArchitecture(model, source, pairing: form.gguf == "llama" ? .adjacent : .halves)
        #expect(model.tokenizer.pieces == source.tokenizer.pieces)
        #expect(model.tokenizer.scores == source.tokenizer.scores)
        for role in roles(of: source) {
            let (found, expected) = (try model.numbers(of: role), try source.numbers(of: role))
            if form.gguf == "llama", role == TensorRole(.query, layer: 0) || role == TensorRole(.key, layer: 1) {
                // Heads of 8 components: what was at i and i + 4 is now at 2i and 2i + 1.
                let columns = 32
                for (row, from) in [(0, 0), (1, 4), (2, 1), (7, 7), (8, 8), (9, 12)] {
                    #expect(
                        found[row * columns..<(row + 1) * columns] == expected[from * columns..<(from + 1) * columns])
                }
            } else {
                #expect(found == expected || isRotated(role), "\(role)")
            }
        }
    }

    @Test func `to GGUF and back to a folder nothing has changed`() throws {
        let source = try checkpoint()
        try Exporter(source).write(.gguf, to: folder.path + "/out.gguf")
        let path = folder.path + "/folder"
        try Exporter(ModelFile.open(path: folder.path + "/out.gguf")).write(.huggingFace, to: path)
        let model = try ModelFile.open(path: path)
        for role in roles(of: source) {
            #expect(try model.numbers(of: role) == source.numbers(of: role), "\(role)")
        }
    }

    @Test(arguments: [WeightFormat.f16, .bf16, .q8_0])
    func `matrices are turned into the format asked for, and what the router hangs on is not`(format: WeightFormat)
        throws
    {
        let source = try checkpoint { $0.intermediateSize = 64 }
        let path = folder.path + "/out.gguf"
        try Exporter(source, quantization: .one(format)).write(.gguf, to: path)
        let model = try ModelFile.open(path: path)
        #expect(try model.tensor(TensorRole(.expertDown, layer: 1, expert: 2)).format == format)
        #expect(try model.tensor(.tokenEmbedding).format == format)
        #expect(try model.tensor(TensorRole(.gate, layer: 0)).format == .f32)
        if format == .q8_0 {
            #expect(throws: ModelFileError.self) {
                try Exporter(source, quantization: .one(format)).write(.huggingFace, to: folder.path + "/folder")
            }
        } else {
            try Exporter(source, quantization: .one(format)).write(.huggingFace, to: folder.path + "/folder")
            #expect(
                try ModelFile.open(path: folder.path + "/folder").tensor(TensorRole(.query, layer: 0)).format == format)
        }
    }

    @Test func `where rows do not divide into 256, a format of 32 stands in`() throws {
        let source = try checkpoint { $0.intermediateSize = 256 }
        let path = folder.path + "/out.gguf"
        try Exporter(source, quantization: .one(.q4_K)).write(.gguf, to: path)
        let model = try ModelFile.open(path: path)
        #expect(try model.tensor(TensorRole(.expertDown, layer: 1, expert: 2)).format == .q4_K)
        #expect(try model.tensor(TensorRole(.expertUp, layer: 1, expert: 2)).format == .q5_0)
    }

    @Test func `a mix is written and read back`() throws {
        let source = try checkpoint { ($0.intermediateSize, $0.qkNorm) = (256, .heads) }
        let path = folder.path + "/out.gguf"
        try Exporter(source, quantization: .mix(.q5_K_M)).write(.gguf, to: path)
        let model = try ModelFile.open(path: path)
        for role in roles(of: source) where !role.isAlwaysFloat {
            let format = Quantization.mix(.q5_K_M).format(of: role, in: source.architecture)
            #expect(try model.tensor(role).format == format, "\(role)")
        }
        #expect(try model.tensor(TensorRole(.expertDown, layer: 1, expert: 2)).format == .q6_K)
        #expect(try model.tensor(TensorRole(.expertUp, layer: 1, expert: 2)).format == .q5_1)
    }

    @Test(
        arguments: [
            (Routing(name: "hash", selection: .table, weighting: .constant), "router hash chooses experts by a table"),
            (
                Routing(name: "expert-choice", selection: .threshold, weighting: .softmax),
                "router expert-choice chooses experts by thresholds"
            ),
        ] as [(Routing, String)], ExportKind.allCases)
    func `what has no name elsewhere is refused with the way out`(routing: (Routing, String), kind: ExportKind) throws {
        let source = try checkpoint {
            $0.routing = routing.0
            if routing.0.selection == .table { $0.expertsPerToken = 1 }
        }
        let path = folder.path + "/out"
        let error = #expect(throws: ModelFileError.self) { try Exporter(source).write(kind, to: path) }
        #expect(error?.problem.contains(routing.1) == true)
        #expect(error?.remedy?.contains("offstage pack") == true)
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test func `of several reasons all are told`() throws {
        let source = try checkpoint {
            $0.routing.scale = 2
            $0.slidingWindow = 8
        }
        let error = #expect(throws: ModelFileError.self) {
            try Exporter(source).write(.huggingFace, to: folder.path + "/out")
        }
        for reason in ["mixtral: no factor to the weights", "glm4_moe: no weights but sigmoids"] {
            #expect(error?.problem.contains(reason) == true, "\(error?.description ?? "")")
        }
    }

    private func roles(of source: any ModelSource) -> [TensorRole] {
        TensorRole.dense(of: source.architecture) + TensorRole.experts(of: source.architecture)
    }

    private func isRotated(_ role: TensorRole) -> Bool {
        role.kind == .query || role.kind == .key
    }

    private func expectSameArchitecture(
        _ model: any ModelSource, _ source: any ModelSource, pairing: Architecture.RotaryPairing
    ) {
        var expected = source.architecture
        expected.routing.name = "top-k"
        expected.rotaryPairing = pairing
        #expect(model.architecture == expected)
    }
}
