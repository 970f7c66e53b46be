import Mixture
import Tensors
import Testing

/// Gradients against central differences: of a random linear function of the weights, and of every regularizer.
@Suite struct RouterGradientTests {
    @Test(arguments: RouterCase.all) func `gradients are the slopes of the loss`(router: RouterCase) throws {
        var configuration = router.configuration
        // Large enough to be seen beside the rest.
        for coefficient in [\RouterConfiguration.balance, \.importance, \.load, \.zLoss, \.distillation]
        where configuration[keyPath: coefficient] > 0 { configuration[keyPath: coefficient] = 5 }
        let sample = RouterSample(configuration, seed: 5)
        // A step's worth of counts, for a bias and for the balance loss of a global batch.
        sample.router.record(sample.decide())
        var state: UInt64 = 77
        let slopes = LentMatrix(rows: RouterSample.tokens, columns: RouterCase.experts) { noise(&state) }
        let decision = sample.decide()
        let gradients = sample.gradients(decision) { slopes[$0, $1] }
        let reference = Reference(sample, slopes, decision)
        var checked = 0
        for (name, matrix) in [("hidden", sample.hidden)] + sample.parameters.sorted(by: { $0.key < $1.key }) {
            let gradient = name == "hidden" ? gradients.hidden : try #require(gradients.parameters[name])
            for row in 0..<matrix.view.rows {
                for column in 0..<matrix.view.columns {
                    guard let slope = reference.slope(matrix, row, column) else { continue }
                    let found = Double(gradient[row, column])
                    #expect(abs(found - slope) <= 3e-3 + 2e-2 * abs(slope), "\(name)[\(row), \(column)]")
                    checked += 1
                }
            }
        }
        let elements = sample.parameters.values.reduce(sample.hidden.view.rows * sample.hidden.view.columns) {
            $0 + $1.view.rows * $1.view.columns
        }
        #expect(Double(checked) > 0.8 * Double(elements), "\(checked) of \(elements) away from other choices")
    }

    /// The loss as forward passes alone give it.
    private struct Reference {
        let sample: RouterSample
        let slopes: LentMatrix
        let decision: RoutingDecision
        static let step: Float = 4e-3

        init(_ sample: RouterSample, _ slopes: LentMatrix, _ decision: RoutingDecision) {
            self.sample = sample
            self.slopes = slopes
            self.decision = decision
        }

        /// The slope at an element, unless a small step from it changes the choices or goes round a corner.
        func slope(_ matrix: LentMatrix, _ row: Int, _ column: Int) -> Double? {
            let value = matrix[row, column]
            defer { matrix[row, column] = value }
            matrix[row, column] = value + Self.step
            let above = loss()
            matrix[row, column] = value - Self.step
            let below = loss()
            guard let above, let below, let here = loss(of: decision) else { return nil }
            let (right, left) = ((above - here) / Double(Self.step), (here - below) / Double(Self.step))
            return abs(right - left) < 0.02 + 0.05 * abs(right) ? (right + left) / 2 : nil
        }

        private func loss() -> Double? { loss(of: sample.decide()) }

        private func loss(of other: RoutingDecision) -> Double? {
            let visits = other.assignment.visits
            guard
                visits.map({ [$0.token, $0.expert] }) == decision.assignment.visits.map({ [$0.token, $0.expert] })
            else { return nil }
            return visits.reduce(0) { $0 + Double($1.weight * slopes[$1.token, $1.expert]) }
                + other.terms.reduce(0) { $0 + $1.coefficient * $1.value }
        }
    }
}
