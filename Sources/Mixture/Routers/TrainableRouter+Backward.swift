package import Tensors

extension TrainableRouter {
    /// Adds the gradients of what a decision made of `hidden` and the parameters, and of its regularizers.
    ///
    /// - Parameters:
    ///   - weightGradients: ∂loss/∂weight of every visit, in the order of the assignment.
    ///   - regularizerScale: what the regularizers' coefficients are multiplied by, such as one over the micro-batches
    ///     and layers.
    ///   - hidden: as it went forward; likewise `parameters`.
    ///   - gradients: by name; those of frozen parameters are not touched and may be left out.
    ///   - hiddenGradient: `[tokens, hidden]`.
    package func backward(
        _ decision: RoutingDecision, weightGradients: [Float], regularizerScale: Float, hidden: MatrixView,
        parameters: [String: MatrixView], gradients: [String: MatrixView], hiddenGradient: MatrixView,
        on workers: Workers
    ) {
        let visits = decision.assignment.visits.count
        precondition(weightGradients.count == visits, "\(weightGradients.count) gradients for \(visits) weights")
        guard hasGate else { return }
        if distills(decision.batch) {
            DistilledRouter(parameters).addGradient(
                decision.choices, decision.batch, scale: regularizerScale * Float(configuration.distillation),
                to: gradients)
        }
        withScoreGradients(decision, weightGradients, regularizerScale) { slopes in
            withJitter(hidden, decision.batch, on: workers) { seen in
                for (name, slope) in slopes {
                    workers.multiply(slope, transposed: true, by: seen, into: gradients.matrix(name), adding: true)
                }
            }
            addHiddenGradient(of: slopes, decision.batch, parameters, to: hiddenGradient, on: workers)
        }
    }

    /// Lends ∂loss/∂scores of the gate and, if there is noise, of its gate, all `[tokens, experts]`.
    private func withScoreGradients(
        _ decision: RoutingDecision, _ weightGradients: [Float], _ regularizerScale: Float,
        _ body: ([(name: String, slope: MatrixView)]) -> Void
    ) {
        func matrix() -> Matrix { Matrix(rows: decision.choices.tokens, columns: configuration.experts) }
        var slope = matrix()
        guard let noise = decision.scores.noise else {
            return slope.withView { slope in
                fill(slope, noise: nil, decision, weightGradients, regularizerScale)
                body([(Self.gateName, slope)])
            }
        }
        var clean = matrix()
        var deviation = matrix()
        slope.withView { slope in
            clean.withView { clean in
                deviation.withView { deviation in
                    fill(slope, noise: (clean, deviation), decision, weightGradients, regularizerScale)
                    noise.addGradient(slope, clean: clean, deviation: deviation)
                    body([(Self.gateName, clean), (Self.noiseName, deviation)])
                }
            }
        }
    }

    /// ∂loss/∂scores: what comes through the weights, and what the regularizers add.
    private func fill(
        _ slope: MatrixView, noise: (clean: MatrixView, deviation: MatrixView)?, _ decision: RoutingDecision,
        _ weightGradients: [Float], _ regularizerScale: Float
    ) {
        decision.scores.withViews { scores, shares in
            addGradient(decision.rows.map { $0 < 0 ? 0 : weightGradients[$0] }, of: decision.weighed, scores, to: slope)
            let routed = decision.routed(scores, shares, function)
            var gradients = ScoreGradients(
                scores: slope, noise: noise, weights: Array(repeating: 0, count: decision.choices.visits.count))
            for regularizer in regularizers(decision.batch) {
                regularizer.addGradient(
                    routed, scale: regularizerScale * Float(regularizer.coefficient), to: &gradients)
            }
            if configuration.importance > 0 { addGradient(gradients.weights, of: decision.choices, scores, to: slope) }
        }
    }

    /// From weights to scores.
    private func addGradient(
        _ weightGradients: [Float], of choices: Choices, _ scores: MatrixView, to slope: MatrixView
    ) {
        let weighting = configuration.weighting
        for token in 0..<scores.rows where !choices[token].isEmpty {
            scores.withRow(token) { scores in
                slope.rows(token..<token + 1).withMutableValues {
                    weighting.addGradient(
                        weightGradients, of: choices[token], in: choices.visits, scores: scores, to: &$0)
                }
            }
        }
    }

    private func addHiddenGradient(
        of slopes: [(name: String, slope: MatrixView)], _ batch: RoutingBatch, _ parameters: [String: MatrixView],
        to hiddenGradient: MatrixView, on workers: Workers
    ) {
        guard configuration.jitter > 0 else {
            for (name, slope) in slopes {
                workers.multiply(slope, by: parameters.matrix(name), into: hiddenGradient, adding: true)
            }
            return
        }
        var seen = Matrix(rows: hiddenGradient.rows, columns: hiddenGradient.columns)
        seen.withView { seen in
            for (name, slope) in slopes {
                workers.multiply(slope, by: parameters.matrix(name), into: seen, adding: true)
            }
            jitter(batch).addGradient(seen, to: hiddenGradient, on: workers)
        }
    }
}
