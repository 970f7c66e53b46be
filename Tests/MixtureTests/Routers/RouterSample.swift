import Mixture
import Tensors

/// A router with random parameters, and tokens to route.
final class RouterSample {
    static let tokens = 24
    static let hiddenSize = 6
    static let vocabulary = 10

    let router: TrainableRouter
    let hidden: LentMatrix
    let parameters: [String: LentMatrix]
    var batch: RoutingBatch
    let workers: Workers

    init(_ configuration: RouterConfiguration, threads: Int = 1, seed: UInt64 = 1) {
        router = TrainableRouter(
            configuration, hiddenSize: Self.hiddenSize, vocabularySize: Self.vocabulary, seed: seed,
            frequencies: (0..<Self.vocabulary).map { 100 / ($0 + 1) })
        var state = seed
        hidden = LentMatrix(rows: Self.tokens, columns: Self.hiddenSize) { noise(&state) }
        parameters = Dictionary(
            uniqueKeysWithValues: router.parameters.map { parameter in
                (parameter.name, LentMatrix(rows: parameter.rows, columns: parameter.columns) { noise(&state) })
            })
        batch = RoutingBatch(
            tokens: (0..<Self.tokens).map { $0 * 7 % Self.vocabulary }, sequenceLength: 8, step: 0, totalSteps: 20,
            seed: seed)
        workers = Workers(count: threads)
    }

    var views: [String: MatrixView] { parameters.mapValues(\.view) }

    func decide() -> RoutingDecision {
        router.forward(hidden.view, parameters: views, batch: batch, on: workers)
    }

    /// Goes back from ∂loss/∂weights, each given by its token and expert.
    func gradients(
        _ decision: RoutingDecision, regularizerScale: Float = 1, _ weightGradient: (Int, Int) -> Float
    ) -> (hidden: LentMatrix, parameters: [String: LentMatrix]) {
        let hiddenGradient = LentMatrix(rows: hidden.view.rows, columns: hidden.view.columns) { 0 }
        let gradients = parameters.mapValues { LentMatrix(rows: $0.view.rows, columns: $0.view.columns) { 0 } }
        router.backward(
            decision, weightGradients: decision.assignment.visits.map { weightGradient($0.token, $0.expert) },
            regularizerScale: regularizerScale, hidden: hidden.view, parameters: views,
            gradients: gradients.mapValues(\.view), hiddenGradient: hiddenGradient.view, on: workers)
        return (hiddenGradient, gradients)
    }

    /// One step of training without an optimizer.
    func step() {
        router.record(decide())
        router.finishStep(batch.step, of: batch.totalSteps, parameters: views)
        batch.step += 1
        batch.seed += 1
    }

    /// What generation makes of the same tokens.
    func generate(_ tokens: Range<Int>? = nil) -> Assignment {
        let form = router.generationForm(parameters: views)
        let tokens = tokens ?? batch.tokens.indices
        var scores = Matrix(rows: tokens.count, columns: RouterCase.experts)
        if form.experts == 1 { scores = Matrix(rows: tokens.count, columns: 1) }
        if let gate = parameters["gate"] {
            scores.withView {
                workers.multiply(
                    hidden.view.rows(tokens), transposed: false, by: gate.view, transposed: true, into: $0)
            }
        }
        return form.router.route(scores, of: batch.tokens[tokens])
    }
}
