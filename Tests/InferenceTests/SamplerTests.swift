import Foundation
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

    @Test(arguments: [(0, Float(1), Float(0)), (7, 1, 0), (0, 0.9, 0), (0, 0.6, 0.05), (40, 0.95, 0.01)])
    func `each token is drawn as often as all of them sorted would have it`(topK: Int, topP: Float, minP: Float) {
        var random = SeededLogits(seed: 5)
        let logits = (0..<300).map { _ in random.next() }
        let tokens = sample(logits) {
            ($0.temperature, $0.topK, $0.topP, $0.minP) = (0.7, topK, topP, minP)
        }
        // The definition, word for word.
        var sorted = logits.indices.sorted { logits[$0] > logits[$1] }
        if topK > 0 { sorted = Array(sorted.prefix(topK)) }
        let plain = sorted.map { exp(Double(logits[$0])) }
        let total = plain.reduce(0, +)
        var (kept, sum) = (0, 0.0)
        while kept < plain.count, sum < Double(topP) * total, plain[kept] >= Double(minP) * plain[0] {
            sum += plain[kept]
            kept += 1
        }
        let powers = sorted.prefix(kept).map { exp(Double(logits[$0]) / Double(Float(0.7))) }
        #expect(Set(tokens).isSubset(of: Set(sorted.prefix(kept))))
        for (token, power) in zip(sorted, powers) {
            #expect(abs(share(of: token, in: tokens) - power / powers.reduce(0, +)) < 0.05)
        }
    }

    @Test func `a draw takes the same token whatever was drawn before with other logits`() {
        let logits: [Float] = (0..<100).map { Float($0 * 37 % 101) / 20 }
        var options = SamplingOptions()
        options.temperature = 1
        var used = Sampler(options)
        _ = used.sample(logits.reversed().span, history: [])
        var once = Sampler(options)
        _ = once.sample([0].span, history: [])
        #expect(used.sample(logits.span, history: []) == once.sample(logits.span, history: []))
    }
}

/// Logits that are the same for the same seed, a few of them likely.
private struct SeededLogits {
    var seed: UInt64

    mutating func next() -> Float {
        seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Float(seed >> 40) / Float(1 << 24) * 8
    }
}
