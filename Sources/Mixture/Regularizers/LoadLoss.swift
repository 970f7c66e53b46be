import Tensors

#if canImport(Glibc)
    import Glibc
#endif

/// CV² of load, the number of visits that an expert may expect if the noise is drawn again for it alone
/// (Shazeer et al., 2017, arXiv 1701.06538, appendix A, eq. 8–10).
///
/// loadᵢ = Σₜ Φ((cleanₜᵢ − thresholdₜᵢ) / deviationₜᵢ). An expert's threshold is the lowest noisy score that would be
/// chosen without it: the k-th, or the (k+1)-th if the expert is among the first k.
struct LoadLoss: Regularizer {
    let name = "load"
    let coefficient: Double
    let topK: Int

    func value(_ routed: RoutedBatch) -> Double {
        guard let noise = routed.noise else { return 0 }
        return variation(routed, noise).value
    }

    func addGradient(_ routed: RoutedBatch, scale: Float, to gradients: inout ScoreGradients) {
        guard let noise = routed.noise, let sink = gradients.noise else { return }
        let slope = variation(routed, noise).gradient
        forEach(routed, noise) { token, expert, rival, margin in
            // φ(u) = Φ′(u); u falls as the rival's noisy score rises, and with the deviation.
            let density = 0.398_942_28 * expf(-margin * margin / 2)
            let gradient = scale * slope[expert] * density / noise.deviations[token, expert]
            sink.clean[token, expert] += gradient
            gradients.scores[token, rival] -= gradient
            sink.deviation[token, expert] -= gradient * margin
        }
    }

    private func variation(_ routed: RoutedBatch, _ noise: GateNoise) -> SquaredVariation {
        var load = [Double](repeating: 0, count: routed.experts)
        forEach(routed, noise) { _, expert, _, margin in
            load[expert] += Double(erfcf(-margin * 0.707_106_78)) / 2
        }
        return SquaredVariation(load)
    }

    /// Takes the token, the expert, the expert whose noisy score is the threshold, and the margin in deviations.
    private func forEach(_ routed: RoutedBatch, _ noise: GateNoise, _ body: (Int, Int, Int, Float) -> Void) {
        // With all experts chosen there is nothing to be balanced.
        guard topK < routed.experts else { return }
        let selection = TopKSelection(k: topK + 1)
        var best: [Assignment.Visit] = []
        for token in routed.counted {
            best.removeAll(keepingCapacity: true)
            routed.scores.withRow(token) { selection.append(token, scores: $0, to: &best) }
            for expert in 0..<routed.experts {
                let isChosen = best[..<topK].contains { $0.expert == expert }
                let rival = best[isChosen ? topK : topK - 1].expert
                let margin = noise.clean[token, expert] - routed.scores[token, rival]
                body(token, expert, rival, margin / noise.deviations[token, expert])
            }
        }
    }
}
