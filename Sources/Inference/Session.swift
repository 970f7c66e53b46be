import Foundation
import Mixture
import ModelFiles
import Offload
public import Profiling
import Tensors
import Transformer

/// A model in memory, ready to score and continue texts.
///
/// Not to be used from several threads at once; it spreads its own work over the threads it was given.
public final class Session {
    public let plan: MemoryPlan
    /// What the person who waits should know before it begins, in whole sentences.
    public let warnings: [String]
    private let model: Model
    private let options: SessionOptions
    private let language: LanguageModel
    private let cache: ExpertCache
    private let loadSeconds: Double

    init(_ model: Model, _ options: SessionOptions) throws {
        let planner = MemoryPlanner(Footprint(model.store, model.architecture), options)
        let planned = try planner.plan()
        plan = planned.memory
        warnings = planner.warnings
        self.model = model
        self.options = options
        let workers = Workers(count: options.threads)
        let dense = try model.store.loadDense()
        let weights = try DenseWeights(model.architecture) { role in
            guard let matrix = dense[role] else { throw InferenceError("the store \(model.store.path) has no \(role)") }
            return matrix
        }
        cache = try ExpertCache(model.store, planned.slabs, policy: options.policy.type)
        language = LanguageModel(
            model.architecture, weights: weights, experts: cache, workers: workers, limits: options.limits)
        language.prefetchesPrompts = options.prefetchesPrompts
        loadSeconds = (ContinuousClock.now - model.opened) / .seconds(1)
    }

    /// The log-probability of each token of a text after all before it.
    ///
    /// - Parameters:
    ///   - tokens: as many as the session has positions for, at most.
    ///   - isCancelled: asked after every layer; the score then covers the passes that were done.
    ///   - onProgress: told after every layer how many tokens have been read, a pass under way counting in part.
    public func score(
        _ tokens: [Int], recorder: (any RoutingRecorder)? = nil, isCancelled: () -> Bool = { false },
        onProgress: (Int) -> Void = { _ in }
    ) throws -> TextScore {
        let clock = Stopwatch()
        var logprobs: [Double?] = tokens.isEmpty ? [] : [nil]
        for pass in try passes(over: tokens) {
            guard try read(tokens[pass], recorder, isCancelled, onProgress) else { break }
            let predicting = pass.lowerBound..<min(pass.upperBound, tokens.count - 1)
            language.logits(of: 0..<predicting.count) { first, logits in
                for row in 0..<logits.rows {
                    let next = tokens[pass.lowerBound + first + row + 1]
                    logprobs.append(logits.withRow(row) { $0.logSoftmax(at: next) })
                }
            }
        }
        var statistics = RunStatistics()
        statistics.promptTokens = tokens.count
        statistics.prefillSeconds = clock.seconds
        return TextScore(tokens: tokens, logprobs: logprobs, statistics: completed(statistics))
    }

    /// Continues a text.
    ///
    /// - Parameters:
    ///   - prompt: at least one token.
    ///   - recorder: told of every token's route.
    ///   - isCancelled: asked before every token, and after every layer of the prompt; the text then ends in order.
    ///   - onProgress: told after every layer how many tokens of the prompt have been read, a pass under way counting in part.
    ///   - onText: takes the text as it comes, in whole characters.
    public func generate(
        from prompt: [Int], options: GenerationOptions = GenerationOptions(), recorder: (any RoutingRecorder)? = nil,
        isCancelled: () -> Bool = { false }, onProgress: (Int) -> Void = { _ in }, onText: (String) -> Void
    ) throws -> RunStatistics {
        try withoutActuallyEscaping(onText) { onText in
            var text = TextStream(model.tokenizer.tokenizer, stops: options.stopStrings, onText: onText)
            var sampler = Sampler(options.sampling)
            var statistics = RunStatistics()
            let clock = Stopwatch()
            for pass in try passes(over: prompt) {
                guard try read(prompt[pass], recorder, isCancelled, onProgress) else { break }
            }
            statistics.prefillSeconds = clock.seconds
            var tokens = prompt
            statistics.ending = try write(&tokens, &text, &sampler, options, recorder, isCancelled)
            text.finish()
            statistics.decodeSeconds = clock.seconds - statistics.prefillSeconds
            statistics.promptTokens = prompt.count
            statistics.generatedTokens = tokens.count - prompt.count
            return completed(statistics)
        }
    }

    /// Takes a part of a text, which begins at the position of its first index, through the layers.
    ///
    /// - Returns: false when it was cancelled on the way.
    private func read(
        _ tokens: ArraySlice<Int>, _ recorder: (any RoutingRecorder)?, _ isCancelled: () -> Bool,
        _ onProgress: (Int) -> Void
    ) throws -> Bool {
        do {
            try language.pass(tokens, at: tokens.startIndex, recorder: recorder) { layers in
                if isCancelled() { throw Cancellation() }
                onProgress(tokens.startIndex + tokens.count * layers / model.architecture.layerCount)
            }
            return true
        } catch is Cancellation {
            return false
        }
    }

    /// Leaves a pass that nobody waits for any more.
    private struct Cancellation: Error {}

    /// Adds tokens until something ends the text.
    private func write(
        _ tokens: inout [Int], _ text: inout TextStream, _ sampler: inout Sampler, _ options: GenerationOptions,
        _ recorder: (any RoutingRecorder)?, _ isCancelled: () -> Bool
    ) throws -> RunStatistics.Ending {
        let ends = options.stopsAtEnd ? Set(model.tokenizer.tokenizer.description.endIDs) : []
        let prompt = tokens.count
        var isRead = true
        while true {
            if isCancelled() { return .interrupted }
            if tokens.count - prompt >= options.newTokens { return .length }
            if !isRead {
                guard tokens.count <= language.limits.positions else { return .context }
                try language.pass(
                    tokens[(tokens.count - 1)...], at: tokens.count - 1, phase: .decode, recorder: recorder)
            }
            let token = nextToken(&sampler, history: tokens)
            if ends.contains(token) { return .endOfText }
            tokens.append(token)
            isRead = false
            if text.append(token) { return .stopString }
        }
    }

    /// Samples from the logits of the last token that passed.
    private func nextToken(_ sampler: inout Sampler, history: [Int]) -> Int {
        var token = 0
        let last = language.lastPassTokens - 1
        language.logits(of: last..<last + 1) { _, logits in
            token = logits.withRow(0) { sampler.sample($0, history: history) }
        }
        return token
    }

    /// How a text is cut into passes.
    private func passes(over tokens: [Int]) throws -> [Range<Int>] {
        let limits = language.limits
        guard tokens.count <= limits.positions else {
            throw InferenceError(
                "the text has \(tokens.count) tokens, and there is room for \(limits.positions) positions; ask for more with "
                    + "--context")
        }
        return stride(from: 0, to: tokens.count, by: limits.tokens).map { $0..<min($0 + limits.tokens, tokens.count) }
    }

    /// Adds what the cache and the kernel counted.
    private func completed(_ statistics: RunStatistics) -> RunStatistics {
        var statistics = statistics
        let counters = cache.counters
        statistics.loadSeconds = loadSeconds
        statistics.prefillTokensPerSecond = rate(statistics.promptTokens, statistics.prefillSeconds)
        statistics.decodeTokensPerSecond = rate(statistics.generatedTokens - 1, statistics.decodeSeconds)
        statistics.ramBudgetBytes = plan.budget
        statistics.peakMemoryBytes = ProcessMemory.peak()
        statistics.expertSlots = plan.expertSlots
        statistics.expertCount = plan.expertCount
        statistics.expertHits = counters.hits
        statistics.expertMisses = counters.misses
        statistics.hitRate =
            counters.hits + counters.misses > 0 ? Double(counters.hits) / Double(counters.hits + counters.misses) : 0
        statistics.usefulPrefetches = counters.usefulPrefetches
        statistics.wastedPrefetches = counters.wastedPrefetches
        statistics.bytesRead = counters.bytesRead
        statistics.readSeconds = counters.readSeconds
        statistics.waitSeconds = counters.waitSeconds
        statistics.diskBytesPerSecond = counters.readSeconds > 0 ? Double(counters.bytesRead) / counters.readSeconds : 0
        statistics.threads = options.threads
        return statistics
    }

    private func rate(_ count: Int, _ seconds: Double) -> Double {
        seconds > 0 && count > 0 ? Double(count) / seconds : 0
    }
}
