import Inference
import Testing

@Suite struct SamplerTests {
    private func sample(_ logits: [Float], history: [Int] = [], _ change: (inout SamplingOptions) -> Void) -> [Int] {
        var options = SamplingOptions()
        change(&options)
        var sampler = Sampler(options)
        return (0..<2000).map { _ in sampler.sample(logits.span, history: history) }
    }

    private func share(of token: Int, in tokens: [Int]) -> Double {
        Double(tokens.count { $0 == token }) / Double(tokens.count)
    }

    @Test func `temperature 0 takes the likeliest, of equals the lowest id`() {
        #expect(Set(sample([1, 5, 5, 2]) { _ in }) == [1])
    }

    @Test func `temperature 1 draws in proportion to the softmax`() {
        // Probabilities 1/4 and 3/4.
        let tokens = sample([0, 1.0986123]) { $0.temperature = 1 }
        #expect(abs(share(of: 1, in: tokens) - 0.75) < 0.04)
    }

    @Test func `a low temperature sharpens, a high one flattens`() {
        #expect(share(of: 1, in: sample([0, 1]) { $0.temperature = 0.1 }) > 0.99)
        #expect(abs(share(of: 1, in: sample([0, 1]) { $0.temperature = 100 }) - 0.5) < 0.05)
    }

    @Test func `top-k keeps k tokens`() {
        #expect(
            Set(
                sample([1, 3, 2, 3]) {
                    $0.temperature = 1
                    $0.topK = 2
                }) == [1, 3])
    }

    @Test func `top-p keeps the smallest set that reaches it`() {
        // Probabilities 0.5, 0.3, 0.2.
        let logits: [Float] = [-0.6931472, -1.2039728, -1.6094379]
        #expect(
            Set(
                sample(logits) {
                    $0.temperature = 1
                    $0.topP = 0.6
                }) == [0, 1])
        #expect(
            Set(
                sample(logits) {
                    $0.temperature = 1
                    $0.topP = 0.4
                }) == [0])
    }

    @Test func `min-p drops what is far less likely than the best`() {
        // Probabilities 0.5, 0.3, 0.2: a floor of 0.5 × 0.5 = 0.25.
        let logits: [Float] = [-0.6931472, -1.2039728, -1.6094379]
        #expect(
            Set(
                sample(logits) {
                    $0.temperature = 1
                    $0.minP = 0.5
                }) == [0, 1])
    }

    @Test func `the repetition penalty makes a recent token less likely, whatever its sign`() {
        #expect(Set(sample([2, 1.5], history: [0]) { $0.repetitionPenalty = 2 }) == [1])
        #expect(Set(sample([-1, -1.5], history: [0]) { $0.repetitionPenalty = 2 }) == [1])
        #expect(
            Set(
                sample([2, 1.5], history: [0, 1]) {
                    $0.repetitionPenalty = 2
                    $0.repetitionWindow = 1
                }) == [0])
    }

    @Test func `the same seed draws the same tokens, another seed others`() {
        let logits = [Float](repeating: 0, count: 50)
        let first = sample(logits) {
            $0.temperature = 1
            $0.seed = 3
        }
        #expect(
            first
                == sample(logits) {
                    $0.temperature = 1
                    $0.seed = 3
                })
        #expect(
            first
                != sample(logits) {
                    $0.temperature = 1
                    $0.seed = 4
                })
    }
}
