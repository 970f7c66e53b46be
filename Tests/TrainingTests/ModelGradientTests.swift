import Mixture
import ModelFiles
import Tensors
import Testing
import Training

/// The whole model against central differences of its loss, for every router.
@Suite struct ModelGradientTests {
    @Test(arguments: RouterName.allCases)
    func `every parameter's gradient is the slope of the loss`(_ name: RouterName) throws {
        let small = try SmallModel(name)
        let routes = try small.routes()
        try small.learn()
        var random = RandomNumbers(seed: 7)
        var compared = 0
        for (index, tensor) in small.model.parameters.layout.tensors.enumerated() {
            for _ in 0..<4 {
                let place = Int.random(in: 0..<tensor.count, using: &random)
                let (row, column) = place.quotientAndRemainder(dividingBy: tensor.columns)
                guard let slope = try small.slope(of: index, row, column, routes) else { continue }
                let gradient = Double(small.model.gradients[index][row, column])
                compared += 1
                #expect(
                    abs(gradient - slope) <= 2e-3 + 0.03 * max(abs(gradient), abs(slope)),
                    "\(tensor.name)[\(row), \(column)]: \(gradient), slope \(slope)")
            }
        }
        #expect(compared > small.model.parameters.layout.tensors.count)
    }

    @Test func `recomputing layers changes no bit of the gradient`() throws {
        let kept = try SmallModel(.topK)
        let recomputed = try SmallModel(.topK, recomputes: true)
        try kept.learn()
        try recomputed.learn()
        #expect(kept.gradients == recomputed.gradients)
    }

    @Test func `the number of threads changes no bit of the gradient`() throws {
        let one = try SmallModel(.topK)
        let three = try SmallModel(.topK, threads: 3)
        try one.learn()
        try three.learn()
        #expect(one.gradients == three.gradients)
    }
}

/// Two layers, small enough to look at every tensor.
final class SmallModel {
    let model: TrainableModel
    private let batch: Batch
    private let context: RoutingBatch

    init(_ name: RouterName, recomputes: Bool = false, threads: Int = 1) throws {
        var recipe = Recipe()
        recipe.data = ["unread"]
        recipe.router = .standard(name, experts: 4, topK: 2)
        (recipe.layers, recipe.hidden, recipe.heads, recipe.kvHeads) = (2, 16, 4, 2)
        (recipe.experts, recipe.topK, recipe.intermediate) = (4, 2, 24)
        recipe.sharedIntermediate = name == .sigmoid ? 8 : nil
        recipe.qkNorm = name == .switch
        recipe.context = 8
        recipe.batch = 3
        recipe.steps = 100
        recipe = try recipe.validated()
        let vocabulary = 13
        model = try TrainableModel(
            recipe, tokenCounts: Array(1...vocabulary), recomputes: recomputes,
            workers: Workers(count: threads))
        model.parameters.initialize(seed: 3)
        // Numbers as they begin are too small for differences in f32.
        for index in model.parameters.layout.tensors.indices {
            model.parameters[index].withMutableValues { values in
                for place in values.indices where abs(values[place]) < 0.9 { values[place] *= 12 }
            }
        }
        var random = RandomNumbers(seed: 5)
        let tokens = (0..<24).map { _ in Int.random(in: 0..<vocabulary, using: &random) }
        let targets = (0..<24).map { _ in Int.random(in: 0..<vocabulary, using: &random) }
        batch = Batch(context: 8, tokens: tokens, targets: targets, domains: [0, 0, 0])
        context = recipe.routingBatch(batch, step: 3, microBatch: 0)
    }

    @discardableResult
    func learn() throws -> BatchOutcome {
        model.gradients.all.withMutableValues { values in
            for place in values.indices { values[place] = 0 }
        }
        return try model.learn(from: batch, context, scale: 1)
    }

    func routes() throws -> [[Assignment.Choice]] { try learn().decisions.map(\.assignment.choices) }

    var gradients: [Float] { model.gradients.all.withValues { values in values.indices.map { values[$0] } } }

    /// The slope of the loss along one parameter; nil where a step changes a route.
    func slope(of tensor: Int, _ row: Int, _ column: Int, _ routes: [[Assignment.Choice]]) throws -> Double? {
        let view = model.parameters[tensor]
        let before = view[row, column]
        let saved = gradients
        defer {
            view[row, column] = before
            model.gradients.all.withMutableValues { values in
                for place in values.indices { values[place] = saved[place] }
            }
        }
        let step: Float = 4e-3
        var losses: [Double] = []
        for sign: Float in [1, -1] {
            view[row, column] = before + sign * step
            let outcome = try learn()
            guard outcome.decisions.map(\.assignment.choices) == routes else { return nil }
            losses.append(outcome.loss)
        }
        return (losses[0] - losses[1]) / Double(2 * step)
    }
}

extension Assignment {
    struct Choice: Equatable {
        let token, expert: Int
    }

    var choices: [Choice] { visits.map { Choice(token: $0.token, expert: $0.expert) } }
}
