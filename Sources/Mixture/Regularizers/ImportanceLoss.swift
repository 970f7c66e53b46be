/// CV² of importance, the sum of an expert's weights over the tokens (Shazeer et al., 2017, arXiv 1701.06538, eq. 6–7).
struct ImportanceLoss: Regularizer {
    let name = "importance"
    let coefficient: Double

    func value(_ routed: RoutedBatch) -> Double { variation(routed).value }

    func addGradient(_ routed: RoutedBatch, scale: Float, to gradients: inout ScoreGradients) {
        let slope = variation(routed).gradient
        for (index, visit) in routed.choices.visits.enumerated() {
            gradients.weights[index] += scale * slope[visit.expert]
        }
    }

    private func variation(_ routed: RoutedBatch) -> SquaredVariation {
        var importance = [Double](repeating: 0, count: routed.experts)
        for visit in routed.choices.visits { importance[visit.expert] += Double(visit.weight) }
        return SquaredVariation(importance)
    }
}
