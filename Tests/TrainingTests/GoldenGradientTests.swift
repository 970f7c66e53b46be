import Foundation
import Mixture
import ModelFiles
import Tensors
import Testing
import Training

/// Losses and gradients against PyTorch's autograd (see Tests/Golden/README.md).
@Suite struct GoldenGradientTests {
    @Test(arguments: ["mixtral", "mixtral-tied", "qwen3", "softmax", "switch", "sigmoid"])
    func `losses and gradients are PyTorch's`(_ name: String) throws {
        let golden = try GoldenCase(name)
        let model = try golden.model()
        let outcome = try model.learn(from: golden.batch, golden.context, scale: 1)
        #expect(abs(outcome.crossEntropy - golden.crossEntropy!) < 1e-4 * golden.crossEntropy!)
        #expect(abs(outcome.loss - golden.loss!) < 1e-4 * golden.loss!)
        let terms = Dictionary(uniqueKeysWithValues: outcome.terms.map { ($0.name, $0.value) })
        #expect(abs(terms["balance"]! - golden.balance!) < 1e-4 * golden.balance!)
        let file = try SafetensorsFile(path: Golden.path(name + ".safetensors"))
        for (index, tensor) in model.parameters.layout.tensors.enumerated() {
            let expected = try file.numbers(of: "gradient." + tensor.name)
            let error = model.gradients[index].relativeDistance(to: expected)
            #expect(error < 1e-4, "\(tensor.name): \(error)")
        }
    }

    @Test func `five steps of AdamW with clipping and decay end where PyTorch's do`() throws {
        let golden = try GoldenCase("adamw")
        let model = try golden.model()
        let workers = Workers(count: 1)
        var options = Optimizer.Options()
        options.beta2 = 0.99
        let optimizer = Optimizer(model.parameters.layout, options, workers: workers)
        for step in golden.steps! {
            model.gradients.all.fillWithZeros(on: workers)
            let batch = Batch(
                context: 17, tokens: Array(step.tokens.joined()), targets: Array(step.targets.joined()),
                domains: [0, 0, 0])
            let outcome = try model.learn(from: batch, RoutingBatch(tokens: batch.tokens, sequenceLength: 17), scale: 1)
            #expect(abs(outcome.loss - step.loss) < 1e-4 * step.loss)
            let norm = model.gradients.all.sumOfSquares(on: workers).squareRoot()
            optimizer.move(model.parameters, model.gradients, rate: 0.003, norm: norm)
        }
        let file = try SafetensorsFile(path: Golden.path("adamw.safetensors"))
        for (index, tensor) in model.parameters.layout.tensors.enumerated() {
            let error = model.parameters[index].relativeDistance(to: try file.numbers(of: tensor.name))
            #expect(error < 1e-4, "\(tensor.name): \(error)")
        }
    }
}

/// Numbers of the reference program.
private enum Golden {
    static func path(_ name: String) -> String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Golden/training").appending(path: name).path
    }
}

private struct GoldenCase: Decodable {
    struct Shape: Decodable {
        var vocabulary, hidden, layers, heads, keyValueHeads, intermediate, experts, topK, shared: Int
        var score: String
        var renormalized, qkNorm, tied, selectionBias: Bool
    }

    struct Coefficients: Decodable {
        var balance, z: Double
    }

    struct Step: Decodable {
        var tokens, targets: [[Int]]
        var loss: Double
    }

    var architecture: Shape
    var coefficients: Coefficients
    var tokens, targets: [[Int]]?
    var loss, crossEntropy, balance: Double?
    var steps: [Step]?

    init(_ name: String) throws {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        self = try decoder.decode(
            GoldenCase.self, from: Data(contentsOf: URL(fileURLWithPath: Golden.path(name + ".json"))))
    }

    var batch: Batch {
        Batch(context: 17, tokens: Array(tokens!.joined()), targets: Array(targets!.joined()), domains: [0, 0, 0])
    }

    var context: RoutingBatch { RoutingBatch(tokens: batch.tokens, sequenceLength: 17) }

    /// The model with the golden weights.
    func model() throws -> TrainableModel {
        let model = try TrainableModel(
            recipe(), tokenCounts: Array(repeating: 1, count: architecture.vocabulary), workers: Workers(count: 2))
        let file = try SafetensorsFile(path: Golden.path("weights.safetensors"))
        for (index, tensor) in model.parameters.layout.tensors.enumerated() {
            try file.read(tensor.name, into: model.parameters[index])
        }
        if architecture.selectionBias {
            for (layer, router) in model.routers.enumerated() {
                var state = router.state
                state["bias"] = try file.numbers(of: "layers.\(layer).router.bias")
                try router.restore(state)
            }
        }
        return model
    }

    private func recipe() -> Recipe {
        var recipe = Recipe()
        (recipe.hidden, recipe.layers, recipe.heads) = (architecture.hidden, architecture.layers, architecture.heads)
        (recipe.kvHeads, recipe.intermediate) = (architecture.keyValueHeads, architecture.intermediate)
        (recipe.experts, recipe.topK, recipe.context) = (architecture.experts, architecture.topK, 17)
        recipe.sharedIntermediate = architecture.shared > 0 ? architecture.shared : nil
        (recipe.qkNorm, recipe.tiedEmbeddings) = (architecture.qkNorm, architecture.tied)
        let name: RouterName =
            architecture.score == "sigmoid" ? .sigmoid : architecture.topK == 1 ? .switch : .topK
        recipe.router = .standard(name, experts: architecture.experts, topK: architecture.topK)
        recipe.router.order = architecture.renormalized ? .renormalized : .softmaxThenTopK
        recipe.router.balance = coefficients.balance
        recipe.router.zLoss = coefficients.z
        return recipe
    }
}

extension MatrixView {
    /// The length of the difference over that of the numbers expected.
    fileprivate func relativeDistance(to expected: [Float]) -> Double {
        var (difference, length) = (0.0, 0.0)
        withValues { values in
            for index in values.indices {
                difference += pow(Double(values[index]) - Double(expected[index]), 2)
                length += pow(Double(expected[index]), 2)
            }
        }
        return (difference / max(length, 1e-30)).squareRoot()
    }
}
