import Foundation
import Mixture
import ModelFiles
import Offload
public import Profiling
package import Tensors
import Transformer

/// A model in memory, ready to score and continue texts.
///
/// Not to be used from several threads at once; it spreads its own work over the threads it was given.
public final class Session {
    public let plan: MemoryPlan
    /// What the person who waits should know before it begins, in whole sentences.
    public let warnings: [String]
    let model: Model
    private let options: SessionOptions
    private let language: LanguageModel
    private let cache: ExpertCache
    /// Those that run the model together with this one.
    private let ranks: SessionRanks?
    package let workers: Workers
    private var planning: SessionPlanning
    private let loadSeconds: Double
    /// The slots that the plan has room for.
    private let slabs: SlabPlan
    /// How often the program's files were read from the disk for it.
    private let fileReads: Int
    private var isUsed = false

    init(_ model: Model, _ options: SessionOptions, _ ranks: SessionRanks? = nil) throws {
        try options.check()
        planning = SessionPlanning(options, threads: options.threads)
        let memory = MemoryPlanner(
            Footprint(model.store, model.architecture), options, in: AvailableMemory(),
            sharedBy: ranks?.ranksOnHost ?? 1)
        let own = try ranks?.share(
            experts: model.architecture.expertCount, room: { try memory.plan().memory.experts })
        let planned = try memory.plan(expertsPerLayer: own.map { max(1, $0.count) })
        let files = ProgramFiles()
        files.dropUnused()
        fileReads = files.reads
        (plan, slabs) = planned
        warnings = memory.warnings(plan)
        self.model = model
        self.options = options
        self.ranks = ranks
        let dense = try model.store.loadDense()
        let weights = try DenseWeights(model.architecture) { role in
            guard let matrix = dense[role] else { throw InferenceError("the store \(model.store.path) has no \(role)") }
            return matrix
        }
        let nodes = options.usesMemoryNodes ? MemoryNodes.ofThisMachine : .one
        let cache = try ExpertCache(model.store, slabs, policy: options.policy.type, nodes: nodes)
        self.cache = cache
        // Last, since they make do with fewer threads where the system grants no more, and the loader cannot.
        workers = Workers(count: options.threads, nodes: nodes)
        language = LanguageModel(
            model.architecture, weights: weights, experts: own.map { OwnedExperts($0, of: cache) } ?? cache,
            workers: workers, limits: options.limits, planner: planning.planner, peers: ranks)
        planning.prepare(language, cache, workers: workers)
        language.prefetchesPrompts = options.prefetchesPrompts
        // The first layer is no place to wait for a slower disk.
        try ranks?.waitForAll()
        loadSeconds = (ContinuousClock.now - model.opened) / .seconds(1)
    }

    /// The log-probability of each token of a text after all before it.
    ///
    /// - Parameters:
    ///   - tokens: at least one, and as many as the session has positions for, at most.
    ///   - isCancelled: asked often, within layers too, and on this thread, until it says yes; the score then covers the
    ///     passes that were done.
    ///   - onProgress: told after every layer how many tokens have been read, a pass under way counting in part.
    /// - Throws: ``InferenceError`` for a text that cannot be scored, and errors that say why a pass could not be done.
    public func score(
        _ tokens: [Int], recorder: (any RoutingRecorder)? = nil, isCancelled: () -> Bool = { false },
        onProgress: (Int) -> Void = { _ in }
    ) throws -> TextScore {
        let passes = try passes(over: tokens)
        let use = beginUse()
        let clock = Stopwatch()
        var logprobs: [Double?] = []
        var statistics = RunStatistics()
        try unlessCancelled(by: isCancelled) {
            for pass in passes {
                try endTogether(if: isCancelled)
                try read(tokens[pass], recorder, onProgress)
                if isFirstRank { logprobs += try scores(of: pass, in: tokens) }
                statistics.promptTokens = pass.upperBound
            }
        }
        statistics.prefillSeconds = clock.seconds
        return TextScore(
            tokens: Array(tokens.prefix(logprobs.count)), logprobs: logprobs,
            statistics: try completed(statistics, use))
    }

    /// Continues a text.
    ///
    /// - Parameters:
    ///   - prompt: at least one token.
    ///   - recorder: told of every token's route.
    ///   - isCancelled: asked often, within layers too, and on this thread, until it says yes; the text then ends in order.
    ///   - onProgress: told after every layer how many tokens of the prompt have been read, a pass under way counting in part.
    ///   - onText: takes the text as it comes, in whole characters.
    /// - Throws: ``InferenceError`` for a prompt or options that make no sense, and errors that say why a pass could not be
    ///   done.
    public func generate(
        from prompt: [Int], options: GenerationOptions = GenerationOptions(), recorder: (any RoutingRecorder)? = nil,
        isCancelled: () -> Bool = { false }, onProgress: (Int) -> Void = { _ in }, onText: (String) -> Void
    ) throws -> RunStatistics {
        try options.check()
        let passes = try passes(over: prompt)
        let use = beginUse()
        defer { cache.withdraw() }
        return try withoutActuallyEscaping(onText) { onText in
            var text = TextStream(model.tokenizer.tokenizer, stops: options.stopStrings, onText: onText)
            var statistics = RunStatistics()
            var tokens = prompt
            let clock = Stopwatch()
            statistics.ending = .interrupted
            try unlessCancelled(by: isCancelled) {
                for pass in passes {
                    try endTogether(if: isCancelled)
                    try read(prompt[pass], recorder, onProgress)
                    statistics.promptTokens = pass.upperBound
                }
                statistics.prefillSeconds = clock.seconds
                statistics.ending = try write(&tokens, &text, options, recorder, isCancelled)
            }
            text.finish()
            if statistics.promptTokens < prompt.count { statistics.prefillSeconds = clock.seconds }
            statistics.decodeSeconds = clock.seconds - statistics.prefillSeconds
            statistics.generatedTokens = tokens.count - prompt.count
            return try completed(statistics, use)
        }
    }

    /// Takes tokens through the layers for the sake of the time that it takes: as a prompt, whose last token's logits are made,
    /// or one after another, each with its logits.
    ///
    /// - Parameters:
    ///   - tokens: at least one, and none but the model's own ids.
    ///   - position: that of the first; all before it have passed already, in this session.
    /// - Throws: `CancellationError` once `isCancelled` says yes, and errors that say why a pass could not be done.
    package func timed(
        _ tokens: [Int], at position: Int, as phase: RoutingTraceEntry.Phase, isCancelled: () -> Bool = { false }
    ) throws -> PassTiming {
        let before = cache.counters
        let clock = Stopwatch()
        try workers.cancellable(by: isCancelled) {
            let length = phase == .decode ? 1 : language.limits.tokens
            for start in stride(from: 0, to: tokens.count, by: length) {
                let part = tokens[start..<min(start + length, tokens.count)]
                try language.pass(part, at: position + start, phase: phase)
                guard phase == .decode || part.endIndex == tokens.count else { continue }
                try language.logits(of: part.count - 1..<part.count) { _, _ in }
            }
        }
        let timing = PassTiming(tokens: tokens.count, seconds: clock.seconds, cache.counters.since(before))
        planning.keep()
        return timing
    }

    /// Of one position's keys and values, all layers together.
    package var keyValueBytesPerPosition: Int {
        model.architecture.layerCount * KeyValueLayout(model.architecture, language.limits).bytesPerPosition
    }

    /// Does work that ends in the middle of a layer once nobody waits for it any more.
    private func unlessCancelled(by isCancelled: () -> Bool, _ work: () throws -> Void) throws {
        // Where one rank left in the middle of a layer the others would wait for it: they end a text between tokens.
        do {
            try workers.cancellable(by: ranks == nil ? isCancelled : { false }, work)
        } catch is CancellationError {}
    }

    /// Takes a part of a text, which begins at the position of its first index, through the layers.
    private func read(
        _ tokens: ArraySlice<Int>, _ recorder: (any RoutingRecorder)?, _ onProgress: (Int) -> Void
    ) throws {
        try language.pass(tokens, at: tokens.startIndex, recorder: recorder) { layers in
            onProgress(tokens.startIndex + tokens.count * layers / model.architecture.layerCount)
        }
    }

    /// The log-probabilities of what follows each token of the last pass, and before all others none for the first token.
    private func scores(of pass: Range<Int>, in tokens: [Int]) throws -> [Double?] {
        var scores: [Double?] = pass.lowerBound == 0 ? [nil] : []
        try language.logits(of: 0..<min(pass.count, tokens.count - 1 - pass.lowerBound)) { first, logits in
            for row in 0..<logits.rows {
                let next = tokens[pass.lowerBound + first + row + 1]
                scores.append(logits.withRow(row) { $0.logSoftmax(at: next) })
            }
        }
        return scores
    }

    /// Adds tokens until something ends the text.
    private func write(
        _ tokens: inout [Int], _ text: inout TextStream, _ options: GenerationOptions,
        _ recorder: (any RoutingRecorder)?, _ isCancelled: () -> Bool
    ) throws -> RunStatistics.Ending {
        let ends = options.stopsAtEnd ? Set(model.tokenizer.tokenizer.description.endIDs) : []
        let prompt = tokens.count
        var sampler = Sampler(options.sampling)
        var isRead = true
        while true {
            try workers.checkCancellation()
            if tokens.count - prompt >= options.newTokens { return .length }
            if !isRead {
                guard tokens.count <= language.limits.positions else { return .context }
                try language.pass(
                    tokens[(tokens.count - 1)...], at: tokens.count - 1, phase: .decode, recorder: recorder)
            }
            let token = try nextToken(&sampler, history: tokens, isCancelled)
            if tokens.count == prompt + 1 { useSpareMemory(after: tokens.count, newTokens: options.newTokens - 1) }
            if ends.contains(token) { return .endOfText }
            tokens.append(token)
            isRead = false
            if text.append(token) { return .stopString }
        }
    }

    /// Gives the cache what the budget turns out to leave beside everything that a text needs.
    ///
    /// - Parameters:
    ///   - positions: how many tokens have passed.
    ///   - newTokens: how many more may.
    private func useSpareMemory(after positions: Int, newTokens: Int) {
        if case .expertShare = options.budget { return }
        let more = min(newTokens, language.limits.positions - positions)
        let untouched = language.cacheBytes(of: positions..<positions + more) + cache.untouchedBytes
        let spare = SpareMemory(of: plan.budget, untouched: untouched, tokens: more, fileReads: fileReads)
        cache.grow(to: slabs.filling(slabs.bytes + spare.bytes))
    }

    /// The same for one that makes passes of its own, once there has been one as long as any will be.
    ///
    /// - Parameter positions: how many have been touched.
    package func useSpareMemory(after positions: Int) {
        useSpareMemory(after: positions, newTokens: language.limits.positions - positions)
    }

    private var isFirstRank: Bool { ranks?.isFirst ?? true }

    /// Ends a text on all ranks before their next pass, once the first is told to.
    private func endTogether(if isCancelled: () -> Bool) throws {
        guard let ranks else { return }
        if try ranks.fromFirst(isCancelled() ? 1 : 0, of: .nextPass) == 1 { throw CancellationError() }
    }

    /// The next token, which the first of several ranks chooses for all.
    private func nextToken(_ sampler: inout Sampler, history: [Int], _ isCancelled: () -> Bool) throws -> Int {
        guard let ranks else { return try sampled(&sampler, history: history) }
        let end = -1
        let token = !ranks.isFirst || isCancelled() ? end : try sampled(&sampler, history: history)
        let chosen = try ranks.fromFirst(token, of: .nextToken)
        if chosen == end { throw CancellationError() }
        return chosen
    }

    /// Samples from the logits of the last token that passed.
    private func sampled(_ sampler: inout Sampler, history: [Int]) throws -> Int {
        var token = 0
        let last = language.lastPassTokens - 1
        try language.logits(of: last..<last + 1) { _, logits in
            token = logits.withRow(0) { sampler.sample($0, history: history) }
        }
        return token
    }

    /// How a text is cut into passes.
    ///
    /// - Throws: ``InferenceError`` when it is none that the model can read.
    private func passes(over tokens: [Int]) throws -> [Range<Int>] {
        let limits = language.limits
        let vocabulary = model.architecture.vocabularySize
        guard !tokens.isEmpty else { throw InferenceError("there is nothing to read: the text has no tokens") }
        if let place = tokens.firstIndex(where: { !(0..<vocabulary).contains($0) }) {
            throw InferenceError(
                "token \(place) of the text has the id \(tokens[place]); this model's ids are 0 to \(vocabulary - 1)")
        }
        guard tokens.count <= limits.positions else {
            throw InferenceError(
                "the text has \(tokens.count) tokens, and there is room for \(limits.positions) positions; ask for more with "
                    + "--context")
        }
        return stride(from: 0, to: tokens.count, by: limits.tokens).map { $0..<min($0 + limits.tokens, tokens.count) }
    }

    /// Loading belongs to the first use.
    private func beginUse() -> SessionUse {
        let isFirst = !isUsed
        ranks?.forgetExchanges()
        isUsed = true
        cache.withdraw()
        if !isFirst { ProcessMemory.forgetPeak() }
        return SessionUse(counters: cache.counters, loadSeconds: isFirst ? loadSeconds : 0)
    }

    /// What had been counted when a use began.
    private struct SessionUse {
        let counters: OffloadCounters
        let loadSeconds: Double
    }

    /// Adds what the cache and the kernel counted during a use.
    private func completed(_ statistics: RunStatistics, _ use: SessionUse) throws -> RunStatistics {
        var statistics = statistics
        let counters = cache.counters.since(use.counters)
        statistics.loadSeconds = use.loadSeconds
        statistics.prefillTokensPerSecond = rate(statistics.promptTokens, statistics.prefillSeconds)
        statistics.decodeTokensPerSecond = rate(statistics.generatedTokens - 1, statistics.decodeSeconds)
        statistics.ramBudgetBytes = plan.budget
        statistics.peakMemoryBytes = ProcessMemory().peak
        statistics.expertSlots = cache.slots
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
        statistics.keyValueFormat = options.keyValueFormat
        planning.keep()
        statistics.strategies = planning.planner.explanation()
        statistics.plan = statistics.strategies.lines
        statistics.ranks = try ranks?.gathered(statistics)
        return statistics
    }

    private func rate(_ count: Int, _ seconds: Double) -> Double {
        seconds > 0 && count > 0 ? Double(count) / seconds : 0
    }
}
