import Foundation

/// Chooses tokens, in this order: repetition penalty, top-k, top-p, min-p, temperature, draw.
///
/// The same options, logits and history give the same token: the generator is seeded, ties go to the lower id.
public struct Sampler: Sendable {
    private let options: SamplingOptions
    private var generator: SplitMix64
    private var candidates = Candidates()

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
        let recent = options.repetitionPenalty == 1 ? [] : Set(history.suffix(max(options.repetitionWindow, 0)))
        guard options.temperature > 0 else { return likeliest(logits, recent) }
        candidates.fill(logits) { [options] in options.penalized($1, isRecent: recent.contains($0)) }
        return draw(from: nucleus())
    }

    private func likeliest(_ logits: Span<Float>, _ recent: Set<Int>) -> Int {
        var best = (token: 0, logit: -Float.infinity)
        for token in logits.indices {
            let logit = options.penalized(logits[token], isRecent: recent.contains(token))
            if logit > best.logit { best = (token, logit) }
        }
        return best.token
    }

    /// Applies top-k, and at temperature 1 top-p and min-p.
    ///
    /// - Returns: how many of the likeliest are left.
    private mutating func nucleus() -> Int {
        let most = options.topK > 0 ? min(options.topK, candidates.count) : candidates.count
        guard options.topP < 1 || options.minP > 0 else { return most }
        // In shares of the likeliest's probability.
        let wanted = options.topP < 1 ? Double(options.topP) * sum(most, temperature: 1) : .infinity
        var (kept, sum) = (0, 0.0)
        while kept < most, kept == 0 || sum < wanted {
            let share = power(kept, temperature: 1)
            if share < Double(options.minP) { break }
            sum += share
            kept += 1
        }
        return kept
    }

    /// Draws one of the likeliest in proportion to its probability at the temperature asked for.
    private mutating func draw(from kept: Int) -> Int {
        let temperature = Double(options.temperature)
        var rest = generator.nextUnit() * sum(kept, temperature: temperature)
        var rank = 0
        while true {
            let share = power(rank, temperature: temperature)
            rest -= share
            // What rounding leaves over is the last one's that has a probability.
            if rest < 0 || rank + 1 == kept || power(rank + 1, temperature: temperature) == 0 { break }
            rank += 1
        }
        return Int(candidates.ranked(rank).token)
    }

    /// What the likeliest have together, as ``power(_:temperature:)``.
    private mutating func sum(_ kept: Int, temperature: Double) -> Double {
        let highest = Double(candidates.ranked(0).logit)
        guard kept == candidates.count else { return (0..<kept).reduce(0) { $0 + power($1, temperature: temperature) } }
        return candidates.all.reduce(0) { $0 + exp((Double($1.logit) - highest) / temperature) }
    }

    /// How likely a candidate is beside the likeliest, from 0 to 1.
    private mutating func power(_ rank: Int, temperature: Double) -> Double {
        let highest = Double(candidates.ranked(0).logit)
        return exp((Double(candidates.ranked(rank).logit) - highest) / temperature)
    }
}

extension SamplingOptions {
    fileprivate func penalized(_ logit: Float, isRecent: Bool) -> Float {
        guard isRecent else { return logit }
        return logit > 0 ? logit / repetitionPenalty : logit * repetitionPenalty
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
