import Foundation
import ModelFiles
import Tensors
import Testing

@Suite struct FormatMixTests {
    /// What llama-quantize makes of models of several shapes (`Tests/Golden/make_mixes_golden.py`).
    struct Golden: Decodable, CustomTestStringConvertible, Sendable {
        let name: String
        let architecture: Architecture
        /// By mix and kind of matrix: the formats of the layers, or the one of all.
        let mixes: [String: [String: [WeightFormat]]]

        var testDescription: String { name }

        static var all: [Golden] {
            let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            let text = try? Data(contentsOf: folder.appending(path: "Golden/mixes.json"))
            return text.flatMap { try? JSONDecoder().decode([Golden].self, from: $0) } ?? []
        }
    }

    @Test(arguments: FormatMix.allCases)
    func `every matrix has the format that llama-quantize gives it`(mix: FormatMix) throws {
        #expect(Golden.all.count == 9)
        for model in Golden.all {
            let formats = try #require(model.mixes[mix.rawValue])
            let roles = matrices(of: model.architecture)
            #expect(Set(roles.map(\.kind.rawValue)) == Set(formats.keys))
            for role in roles {
                let layers = try #require(formats[role.kind.rawValue])
                let expected = layers.count == 1 ? layers[0] : layers[role.layer ?? 0]
                let found = Quantization.mix(mix).format(of: role, in: model.architecture)
                #expect(found == expected, "\(model.name): \(role)")
            }
        }
    }

    @Test func `what stands in for several formats of a mix is told of each`() throws {
        let model = try #require(Golden.all.first { $0.name == "rows of 320 and 96, tied" })
        let substitutions = Substitution.all(in: model.architecture) { _ in .mix(.q4_K_M) }
        #expect(
            substitutions == [
                Substitution(kinds: [.tokenEmbedding, .value, .expertDown], asked: .q6_K, format: .q8_0),
                Substitution(
                    kinds: [.query, .key, .value, .attentionOutput, .expertGate, .expertUp, .expertDown], asked: .q4_K,
                    format: .q5_0),
            ])
    }

    private func matrices(of architecture: Architecture) -> [TensorRole] {
        let experts = TensorRole.experts(of: architecture).filter { $0.expert == 0 }
        return TensorRole.dense(of: architecture).filter { !$0.isAlwaysFloat } + experts
    }
}
