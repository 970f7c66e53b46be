import Foundation
import ModelFiles
import Testing

/// What the configuration classes of transformers 4 and 5 make of a `config.json` that leaves things out
/// (Tests/Golden/README.md).
@Suite struct TransformersDefaultsTests {
    struct Case: Decodable, Sendable, CustomTestStringConvertible {
        struct Resolved: Decodable, Sendable {
            var keyValueHeads: Int
            var headSize: Int
            var normEpsilon: Float
            var rotaryBase: Float
            var contextLength: Int
            var slidingWindow: Int?
            var tiedEmbeddings: Bool
            var expertsPerToken: Int
            var normalizes: Bool
        }

        var version: String
        var name: String
        var settings: String
        var resolved: Resolved

        var isMixtral: Bool { settings.contains("mixtral") }
        var testDescription: String { "\(isMixtral ? "Mixtral" : "Qwen3-MoE") of \(version), \(name)" }
    }

    static let cases: [Case] = {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let file = tests.appending(path: "Golden").appending(path: "transformers-defaults.json")
        return (try? JSONDecoder().decode([Case].self, from: Data(contentsOf: file))) ?? []
    }()

    @Test func `there are cases of both models and both versions`() {
        #expect(Set(Self.cases.map { "\($0.version.prefix(1)) \($0.isMixtral)" }).count == 4)
    }

    @Test(arguments: cases) func `what is left out is what transformers takes`(known: Case) throws {
        let resolved = known.resolved
        var sample = CheckpointSample()
        sample.architecture.hiddenSize = 64
        sample.architecture.layerCount = 1
        sample.architecture.headCount = 16
        sample.architecture.headSize = resolved.headSize
        sample.architecture.rotaryDimensions = resolved.headSize
        sample.architecture.keyValueHeadCount = resolved.keyValueHeads
        sample.architecture.intermediateSize = 32
        sample.architecture.expertCount = 8
        sample.architecture.qkNorm = known.isMixtral ? .none : .heads
        let folder = try TemporaryFolder()
        let path = folder.path + "/step-00000001.safetensors"
        try sample.write(to: path)
        try Exporter(ModelFile.open(path: path)).write(.huggingFace, to: folder.path + "/model")
        try folder.write(known.settings, as: "model/config.json")

        let architecture = try ModelFile.open(path: folder.path + "/model").architecture
        #expect(architecture.keyValueHeadCount == resolved.keyValueHeads)
        #expect(architecture.normEpsilon == resolved.normEpsilon)
        #expect(architecture.rotaryBase == resolved.rotaryBase)
        #expect(architecture.rotaryDimensions == resolved.headSize)
        #expect(architecture.contextLength == resolved.contextLength)
        #expect(architecture.slidingWindow == resolved.slidingWindow)
        #expect(architecture.tiedEmbeddings == resolved.tiedEmbeddings)
        #expect(architecture.expertsPerToken == resolved.expertsPerToken)
        #expect(architecture.routing.weighting == (resolved.normalizes ? .softmaxOfChosen : .softmax))
    }
}
