import Inference
import Profiling
import Tensors

/// One test with one number of threads: every repetition, and what it is held against.
struct BenchResult: Encodable {
    /// A repetition, and the best of what was measured right before and after it.
    struct Sample: Encodable {
        let timing: PassTiming
        let ceilings: Ceilings.Sample
        /// Bytes that the tokens read, per second, over those that can be read; nil for a prompt, whose tokens share them.
        let shareOfReads: Double?
        let shareOfArithmetic: Double?

        private enum CodingKeys: String, CodingKey {
            case shareOfReads, shareOfArithmetic, readBytesPerSecond, multiplyAddsPerSecond
        }

        func encode(to encoder: any Encoder) throws {
            try timing.encode(to: encoder)
            var values = encoder.container(keyedBy: CodingKeys.self)
            try values.encode(shareOfReads, forKey: .shareOfReads)
            try values.encode(shareOfArithmetic, forKey: .shareOfArithmetic)
            try values.encode(ceilings.bytesPerSecond, forKey: .readBytesPerSecond)
            try values.encode(ceilings.namedMultiplyAdds, forKey: .multiplyAddsPerSecond)
        }
    }

    let test: BenchTest
    let threads: Int
    let plan: MemoryPlan
    private let work: TokenWork
    private(set) var samples: [Sample] = []

    init(_ test: BenchTest, _ session: Session, threads: Int) {
        self.init(test, session.work, session.plan, threads: threads)
    }

    init(_ test: BenchTest, _ work: TokenWork, _ plan: MemoryPlan, threads: Int) {
        (self.test, self.work, self.plan, self.threads) = (test, work, plan, threads)
    }

    mutating func add(_ timing: PassTiming, against ceilings: Ceilings.Sample) {
        let least = products.leastSeconds(at: ceilings.multiplyAdds)
        samples.append(
            Sample(
                timing: timing, ceilings: ceilings,
                shareOfReads: bytesPerToken.flatMap { bytes in
                    ceilings.bytesPerSecond.map { bytes * timing.tokensPerSecond / $0 }
                }, shareOfArithmetic: least.map { $0 / timing.seconds }))
    }

    var rates: [Double] { samples.map(\.timing.tokensPerSecond) }
    /// Medians over the repetitions.
    var shareOfReads: Double? { samples.compactMap(\.shareOfReads).median }
    var shareOfArithmetic: Double? { samples.compactMap(\.shareOfArithmetic).median }
    /// Of the time that all repetitions took.
    var waitShare: Double {
        samples.reduce(0) { $0 + $1.timing.waitSeconds } / max(samples.reduce(0) { $0 + $1.timing.seconds }, 1e-9)
    }
    var bytesRead: Int { samples.reduce(0) { $0 + $1.timing.bytesRead } }
    /// Nil where no expert was asked for.
    var hitRate: Double? {
        let hits = samples.reduce(0) { $0 + $1.timing.expertHits }
        let all = hits + samples.reduce(0) { $0 + $1.timing.expertMisses }
        return all > 0 ? Double(hits) / Double(all) : nil
    }

    /// Mean over the tokens, where they pass one after another.
    var bytesPerToken: Double? {
        test.phase == .decode
            ? Double(work.bytes(tokens: test.tokens, at: test.depth)) / Double(test.tokens) : nil
    }

    private var products: TokenWork.Products {
        work.products(tokens: test.tokens, at: test.depth, logits: test.phase == .decode ? test.tokens : 1)
    }

    private enum CodingKeys: String, CodingKey {
        case test, promptTokens, generatedTokens, depth, threads, keyValueFormat, ramBudgetBytes, expertSlots,
            expertCount
        case tokensPerSecond, standardDeviation, waitShare, hitRate, bytesRead, bytesPerToken, multiplyAddsPerToken
        case shareOfReads, shareOfArithmetic, readBytesPerSecond, multiplyAddsPerSecond, samples
    }

    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(test.name, forKey: .test)
        try values.encode(test.phase == .prompt ? test.tokens : 0, forKey: .promptTokens)
        try values.encode(test.phase == .decode ? test.tokens : 0, forKey: .generatedTokens)
        try values.encode(test.depth, forKey: .depth)
        try values.encode(threads, forKey: .threads)
        try values.encode(plan.keyValueFormat, forKey: .keyValueFormat)
        try values.encode(plan.budget, forKey: .ramBudgetBytes)
        try values.encode(plan.expertSlots, forKey: .expertSlots)
        try values.encode(plan.expertCount, forKey: .expertCount)
        try values.encode(rates.mean, forKey: .tokensPerSecond)
        try values.encode(rates.standardDeviation, forKey: .standardDeviation)
        try values.encode(waitShare, forKey: .waitShare)
        try values.encode(hitRate, forKey: .hitRate)
        try values.encode(bytesRead, forKey: .bytesRead)
        try values.encode(bytesPerToken, forKey: .bytesPerToken)
        try values.encode(
            products.named.mapValues { Double($0) / Double(test.tokens) }, forKey: .multiplyAddsPerToken)
        try values.encode(shareOfReads, forKey: .shareOfReads)
        try values.encode(shareOfArithmetic, forKey: .shareOfArithmetic)
        let ceilings = samples.map(\.ceilings)
        try values.encode(ceilings.compactMap(\.bytesPerSecond).median, forKey: .readBytesPerSecond)
        try values.encode(ceilings.medianMultiplyAdds, forKey: .multiplyAddsPerSecond)
        try values.encode(samples, forKey: .samples)
    }
}

extension [Double] {
    var mean: Double { isEmpty ? 0 : reduce(0, +) / Double(count) }

    /// Of a sample: over one less than there are.
    var standardDeviation: Double {
        guard count > 1 else { return 0 }
        return (reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count - 1)).squareRoot()
    }
}

extension [Ceilings.Arithmetic: Int] {
    var named: [String: Int] { [String: Int](uniqueKeysWithValues: map { ($0.rawValue, $1) }) }
}

extension Ceilings.Sample {
    var namedMultiplyAdds: [String: Double] {
        Dictionary(uniqueKeysWithValues: multiplyAdds.map { ($0.rawValue, $1) })
    }
}

extension [Ceilings.Sample] {
    /// By the names of what is multiplied.
    var medianMultiplyAdds: [String: Double] {
        Dictionary(
            uniqueKeysWithValues: Ceilings.Arithmetic.allCases.compactMap { kind in
                compactMap { $0.multiplyAdds[kind] }.median.map { (kind.rawValue, $0) }
            })
    }
}
