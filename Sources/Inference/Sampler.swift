import Foundation

/// Chooses tokens, in this order: repetition penalty, top-k, top-p, min-p, temperature, draw.
///
/// The same options, logits and history give the same token: the generator is seeded, ties go to the lower id.
public struct Sampler: Sendable {
    private let options: SamplingOptions
    private var generator: SplitMix64
    private var candidates: [Candidate] = []

    private struct Candidate {
        var token: Int
        var logit: Float
    }

    public init(_ options: SamplingOptions) {
        self.options = options
        generator = SplitMix64(seed: options.seed)
    }

    /// The next token.
    ///
    /// - Parameters:
    ///   - logits: `[vocabulary]`, at least one.
    ///   - history: the tokens so far, prompt and text.
    public mutating func sample(_ logits: Span<Float>, history: [Int]) -> Int {
        precondition(!logits.isEmpty, "no logits to choose a token by")
        candidates.removeAll(keepingCapacity: true)
        for token in logits.indices { candidates.append(Candidate(token: token, logit: logits[token])) }
        penalize(history)
        guard options.temperature > 0 else { return likeliest() }
        sortCandidates()
        let probabilities = keepNucleus()
        return draw(probabilities)
    }

    private mutating func penalize(_ history: [Int]) {
        guard options.repetitionPenalty != 1 else { return }
        for token in Set(history.suffix(max(options.repetitionWindow, 0))) where candidates.indices.contains(token) {
            let logit = candidates[token].logit
            candidates[token].logit = logit > 0 ? logit / options.repetitionPenalty : logit * options.repetitionPenalty
        }
    }

    private func likeliest() -> Int {
        var best = candidates[0]
        for candidate in candidates where candidate.logit > best.logit { best = candidate }
        return best.token
    }

    /// Sorts by logit, best first, and applies top-k.
    private mutating func sortCandidates() {
        candidates.sort { $0.logit > $1.logit || ($0.logit == $1.logit && $0.token < $1.token) }
        if options.topK > 0 { candidates.removeLast(max(0, candidates.count - options.topK)) }
    }

    /// Applies top-p and min-p at temperature 1, and returns the probabilities at the temperature asked for.
    private mutating func keepNucleus() -> [Double] {
        let plain = softmax(temperature: 1)
        var kept = plain.count
        if options.topP < 1 {
            var sum = 0.0
            kept = 0
            while kept < plain.count, kept == 0 || sum < Double(options.topP) {
                sum += plain[kept]
                kept += 1
            }
        }
        let floor = plain[0] * Double(options.minP)
        while kept > 1, plain[kept - 1] < floor { kept -= 1 }
        candidates.removeLast(candidates.count - kept)
        return softmax(temperature: Double(options.temperature))
    }

    private func softmax(temperature: Double) -> [Double] {
        let highest = Double(candidates[0].logit)
        let powers = candidates.map { exp((Double($0.logit) - highest) / temperature) }
        let sum = powers.reduce(0, +)
        return powers.map { $0 / sum }
    }

    private mutating func draw(_ probabilities: [Double]) -> Int {
        var rest = generator.nextUnit()
        for (candidate, probability) in zip(candidates, probabilities) {
            rest -= probability
            if rest < 0 { return candidate.token }
        }
        return candidates[probabilities.lastIndex { $0 > 0 } ?? 0].token
    }
}

/// A small seeded generator (Steele, Lea and Flood, 2014).
struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// Uniform in 0 ..< 1.
    mutating func nextUnit() -> Double { Double(next() >> 11) * 0x1p-53 }
}
