import Foundation
package import Mixture
import ModelFiles
import Profiling
package import Tensors

/// A model that learns by a recipe, in a folder that holds all there is to go on after an interruption.
///
/// The same recipe gives the same bits at any number of threads, and however often the run was interrupted.
package final class TrainingRun {
    package let recipe: Recipe
    package let folder: RunFolder
    package let corpus: Corpus
    package var model: TrainableModel { learner.model }
    /// Steps done.
    package var step: Int { state.step }
    /// The step whose checkpoint this run went on from.
    package private(set) var resumedStep: Int?
    var state: RunState
    let learner: Learner
    private let lock: RunLock
    private let log: TrainingLog
    private let probe: RoutingProbe
    private let workers: Workers

    /// Opens a folder: begins there, or goes on after the newest checkpoint.
    ///
    /// - Parameters:
    ///   - startsOver: whether a run that is there makes room.
    ///   - cacheFolder: where the corpus keeps its tokens; nil: in the run's own folder.
    ///   - ranks: those that train it together, this being the first of them; the others follow
    ///     (``Learner/follow(_:workers:strategy:isCancelled:)``).
    ///   - progress: told how far reading the corpus has come.
    /// - Throws: ``TrainingError``, and what reading the corpus throws.
    package init(
        _ recipe: Recipe, in folder: RunFolder, startsOver: Bool = false, cacheFolder: String? = nil, workers: Workers,
        strategy: StrategyChoice = .automatic, ranks: TrainingRanks? = nil,
        progress: @escaping (CorpusProgress) -> Void = { _ in }, isCancelled: @escaping () -> Bool = { false }
    ) throws {
        let recipe = try recipe.validated()
        try folder.checkApart(from: recipe.data)
        lock = try folder.claim(for: recipe, startsOver: startsOver)
        let corpus = try recipe.corpus(
            cacheFolder: cacheFolder ?? folder.data, progress: progress, isCancelled: isCancelled)
        let learner = try Learner(
            recipe, tokenCounts: corpus.tokenCounts(), workers: workers, strategy: strategy, ranks: ranks)
        try folder.begin(recipe, startsOver: startsOver)
        self.recipe = recipe
        self.folder = folder
        self.corpus = corpus
        self.learner = learner
        self.workers = workers
        let (probe, mark) = (RoutingProbe(corpus, recipe), CorpusMark(corpus))
        self.probe = probe
        if let step = folder.checkpointSteps().last {
            state = try folder.goingOn(after: step) { path in
                try TrainingCheckpoint.restore(path, learner)
                    .checked(after: step, of: recipe, mark, probeTokens: probe.tokenCount)
            }
            resumedStep = step
        } else {
            state = RunState(mark)
            try learner.initialize()
        }
        log = try TrainingLog(path: folder.log, upTo: state.step)
    }

    /// Learns until the last step.
    ///
    /// - Parameters:
    ///   - isCancelled: asked before every step, and often in the last validation; once it says yes, a checkpoint is written
    ///     and nil returned.
    ///   - onStep: told after every step.
    ///   - onEntry: told of every line of the log.
    /// - Throws: ``TrainingError`` when a number is no longer finite; the last checkpoint is then good.
    package func run(
        isCancelled: () -> Bool = { false }, onStep: (TrainingProgress) -> Void = { _ in },
        onEntry: (LogEntry) -> Void = { _ in }
    ) throws -> TrainingReport? {
        let began = ContinuousClock.now
        var progress = TrainingProgress(step: state.step, steps: recipe.steps)
        while state.step < recipe.steps {
            guard !isCancelled(), !learner.isCancelled else {
                try checkpoint()
                return nil
            }
            let start = ContinuousClock.now
            let learned = try learn()
            state.seconds += (.now - start) / .seconds(1)
            progress.note(learned, step: state.step, seconds: (.now - began) / .seconds(1))
            onStep(progress)
            if let entry = try entry(after: learned) {
                try log.append(entry)
                onEntry(entry)
            }
            if isDue(every: recipe.stepsBetweenCheckpoints) { try checkpoint() }
        }
        // All is kept by now; what reads the whole validation text may take long, and can be done another time.
        let report: TrainingReport
        do {
            // Of several ranks none may leave a loop in the middle: the others would wait for what does not come.
            report =
                try learner.ranks != nil
                ? self.report(unless: isCancelled)
                : workers.cancellable(by: isCancelled) { try self.report(unless: { self.workers.isCancelled }) }
        } catch is CancellationError {
            return nil
        }
        guard report.validationLoss.isFinite else { throw divergence(in: "the validation loss", step: state.step) }
        try folder.write(report)
        return report
    }

    /// Whether something is due after the step just done; always after the last.
    private func isDue(every steps: Int) -> Bool { state.step % steps == 0 || state.step == recipe.steps }

    /// One step.
    private func learn() throws -> LearnedStep {
        var learned = LearnedStep(rate: recipe.rates.rate(at: state.step))
        for index in 0..<recipe.accumulate {
            model.clock.enter(.data)
            let batch = corpus.batch(
                step: state.step, microBatch: index, sequences: recipe.batch, context: recipe.context,
                seed: recipe.seed)
            let outcome = try learner.learn(from: batch, step: state.step, microBatch: index)
            learned.add(outcome, share: 1 / Double(recipe.accumulate))
        }
        learned.gradientNorm = try learner.move(step: state.step)
        try checkFinite(learned)
        state.step += 1
        state.optimizerSteps = learner.optimizer.steps
        state.note(learned, of: recipe)
        return learned
    }

    private func checkFinite(_ learned: LearnedStep) throws {
        guard !learned.loss.isFinite || !learned.gradientNorm.isFinite else { return }
        throw divergence(in: try learner.firstNotFinite(withGradients: true) ?? "the loss", step: state.step + 1)
    }

    /// The last update may have been one too many, and no later step would tell.
    private func checkWeights() throws {
        let place =
            try learner.firstNotFinite(withGradients: false) ?? model.firstStateNotFinite.map { "the tensor \($0)" }
        if let place { throw divergence(in: place, step: state.step) }
    }

    private func divergence(in place: String, step: Int) -> TrainingError {
        let kept = folder.checkpointSteps().last.map { "the checkpoint of step \($0) in \(folder.path) is good" }
        return TrainingError(
            "step \(step): \(place) is no longer a finite number; \(kept ?? "no checkpoint had been written"). "
                + "A lower learning rate or more warm-up helps")
    }

    private func checkpoint() throws {
        try checkWeights()
        try model.clock.hold(.checkpoint) {
            try TrainingCheckpoint.write(to: folder.checkpoint(step: state.step), self)
        }
        try folder.prune(keeping: recipe.keepCheckpoints)
    }

    /// What the log says after this step, if it is due.
    private func entry(after learned: LearnedStep) throws -> LogEntry? {
        let isLast = state.step == recipe.steps
        let validates = isDue(every: recipe.stepsBetweenValidations)
        let probes = isDue(every: recipe.stepsBetweenProbes)
        guard validates || probes || isDue(every: recipe.stepsBetweenLogEntries) else { return nil }
        try checkWeights()
        var entry = LogEntry(step: state.step)
        entry.note(learned)
        entry.maxOverMean = state.loads.map { LoadBalance(loads: $0, topK: recipe.visitsPerToken).maxOverMean }
        entry.dropRate = state.dropRate
        entry.tokensPerSecond = state.tokensPerSecond
        state.forgetLoads()
        if probes { entry.fluctuation = try model.clock.hold(.validation) { try probe.look(at: learner, &state) } }
        if validates, !isLast {
            let validation = try validate(tokens: recipe.validationTokens)
            guard validation.loss.isFinite else { throw divergence(in: "the validation loss", step: state.step) }
            entry.validationLoss = validation.loss
            entry.validationLossByDomain = validation.lossByDomain
            state.bestValidationLoss = min(state.bestValidationLoss ?? .infinity, validation.loss)
        }
        return entry
    }

    /// Loss and balance on the part of the corpus that is not learned, as a generated text meets the routers.
    ///
    /// - Parameters:
    ///   - tokens: as many as are wanted; nil: all.
    ///   - form: how each layer routes.
    ///   - isCancelled: asked before every batch; once it says yes, the rest is left out.
    func validate(
        tokens: Int? = nil, _ form: Learner.Form = .generation, unless isCancelled: () -> Bool = { false }
    ) throws -> Validation {
        try validate(tokens: tokens, unless: isCancelled) { _, batch in try learner.evaluate(batch, form) }
    }

    /// The same with the decisions that routers take while they learn.
    func validateAsTraining(unless isCancelled: () -> Bool) throws -> Double {
        try validate(tokens: nil, unless: isCancelled) { index, batch in
            try learner.evaluate(batch, .training(step: recipe.steps - 1, microBatch: index))
        }.loss
    }

    private func validate(
        tokens: Int?, unless isCancelled: () -> Bool,
        _ evaluate: (_ index: Int, Batch) throws -> (losses: [Double], routes: [Assignment])
    ) throws -> Validation {
        var validation = Validation(
            domains: corpus.domains.map(\.name), experts: model.architecture.expertCount,
            layers: model.architecture.layerCount)
        let batches = corpus.validationBatches(
            sequences: recipe.batch, context: recipe.context, limit: tokens.map { max(1, $0 / recipe.context) })
        try model.clock.hold(.validation) {
            for (index, batch) in batches.enumerated() where !isCancelled() {
                let (losses, routes) = try evaluate(index, batch)
                validation.add(losses, routes, batch)
            }
        }
        return validation
    }
}
