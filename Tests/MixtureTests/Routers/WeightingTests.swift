import Mixture
import Tensors
import Testing

@Suite struct WeightingTests {
    /// The weights of one token's visits to `experts`.
    private func weights(_ weighting: Weighting, _ scores: [Float], of experts: [Int]) -> [Float] {
        var visits = experts.enumerated().map { Assignment.Visit(token: 0, slot: $0, expert: $1, weight: 0) }
        weighting.weigh(visits.indices, of: &visits, scores: scores.span)
        return visits.map(\.weight)
    }

    @Test func `each form as its formula says`() {
        // Shares of all are 1/7, 2/7, 4/7; σ(ln 1) = 1/2, σ(ln 2) = 2/3, σ(ln 4) = 4/5.
        let scores: [Float] = [0, 0.693_147_2, 1.386_294_4]
        let expected: [Weighting.Form: [Float]] = [
            .softmaxOfChosen: [2.0 / 3, 1.0 / 3], .softmaxOfAll: [4.0 / 7, 2.0 / 7], .sigmoid: [4.0 / 5, 2.0 / 3],
            .sigmoidShare: [6.0 / 11, 5.0 / 11], .one: [1, 1],
        ]
        for form in Weighting.Form.allCases {
            for scale: Float in [1, 2.5] {
                let found = weights(Weighting(form, scale: scale), scores, of: [2, 1])
                for (found, expected) in zip(found, expected[form] ?? []) {
                    #expect(abs(found - scale * expected) < 1e-6, "\(form)")
                }
            }
        }
    }

    @Test func `softmax, then top-k, then renormalized is top-k, then softmax`() {
        let scores: [Float] = [0.3, -1.2, 2, 0.7, -0.1]
        let all = weights(Weighting(.softmaxOfAll), scores, of: [2, 3])
        let chosen = weights(Weighting(.softmaxOfChosen), scores, of: [2, 3])
        for (all, chosen) in zip(all.map { $0 / (all[0] + all[1]) }, chosen) { #expect(abs(all - chosen) < 1e-6) }
        #expect(weights(Weighting(.softmaxOfAll), scores, of: [2, 3]).reduce(0, +) < 0.9)
    }

    @Test(arguments: Weighting.Form.allCases, [[0], [2, 1], [3, 0, 1, 2], []])
    func `gradients are the slopes of the weights, for any visits`(form: Weighting.Form, experts: [Int]) {
        let weighting = Weighting(form, scale: 1.5)
        let scores: [Float] = [0.4, -0.9, 1.3, 0.1]
        let slopes: [Float] = [0.7, -1.1, 0.3, 0.5]
        var visits = experts.enumerated().map { Assignment.Visit(token: 0, slot: $0, expert: $1, weight: 0) }
        weighting.weigh(visits.indices, of: &visits, scores: scores.span)
        var gradient = [Float](repeating: 0, count: 4)
        var span = gradient.mutableSpan
        weighting.addGradient(
            Array(slopes.prefix(experts.count)), of: visits.indices, in: visits, scores: scores.span, to: &span)
        for expert in 0..<4 {
            func loss(_ step: Float) -> Double {
                var moved = scores
                moved[expert] += step
                return zip(weights(weighting, moved, of: experts), slopes).reduce(0) { $0 + Double($1.0 * $1.1) }
            }
            #expect(abs(Double(gradient[expert]) - (loss(5e-3) - loss(-5e-3)) / 1e-2) < 1e-3, "\(expert)")
        }
    }

    @Test func `an expert that was not chosen gets gradient through a softmax over all`() {
        var visits = [Assignment.Visit(token: 0, slot: 0, expert: 1, weight: 0)]
        let scores: [Float] = [0, 0]
        Weighting(.softmaxOfAll).weigh(0..<1, of: &visits, scores: scores.span)
        var gradient: [Float] = [0, 0]
        var span = gradient.mutableSpan
        Weighting(.softmaxOfAll).addGradient([1], of: 0..<1, in: visits, scores: scores.span, to: &span)
        // p = 1/2: g p (1 − p) and −g p²
        #expect(gradient == [-0.25, 0.25])
    }
}
