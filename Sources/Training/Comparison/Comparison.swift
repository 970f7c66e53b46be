package import Tensors

/// Several routers trained alike: the same texts, seeds, steps and active parameters.
package struct Comparison: Sendable {
    package let recipe: Recipe
    package let variants: [Variant]
    package let seeds: [UInt64]
    /// Holds a run for each variant and seed.
    package let folder: String
    /// Seeds go round in the outer loop, so that an early end leaves every router with as many seeds as possible.
    private let plans: [Plan]

    private struct Plan {
        let label: String
        let folder: String
        let recipe: Recipe
    }

    /// - Throws: ``TrainingError`` when something does not fit together, or is there twice.
    package init(_ recipe: Recipe, variants: [Variant], seeds: [UInt64], folder: String) throws {
        self.recipe = recipe
        self.variants = variants
        self.seeds = seeds
        self.folder = folder
        plans = try seeds.flatMap { seed in
            try variants.map { variant in
                Plan(
                    label: variant.label, folder: variant.folder(seed: seed),
                    recipe: try variant.recipe(recipe, seed: seed))
            }
        }
        var folders: Set<String> = []
        for plan in plans where !folders.insert(plan.folder).inserted {
            throw TrainingError("\(plan.label) with seed \(plan.recipe.seed) is there twice")
        }
    }

    /// How far it has come.
    package struct Progress: Sendable {
        /// The run under way, from 0, and how many there are.
        package let run: Int
        package let runs: Int
        package let label: String
        package let training: TrainingProgress
    }

    /// Trains what is not trained yet; a run that was interrupted goes on.
    ///
    /// - Parameters:
    ///   - startsOver: whether runs that are there make room.
    ///   - isCancelled: asked before every step; once it says yes, nil is returned and all that was done is kept.
    package func run(
        startsOver: Bool = false, workers: Workers, isCancelled: @escaping () -> Bool = { false },
        onProgress: (Progress) -> Void = { _ in }, onEnd: (String, TrainingReport) -> Void = { _, _ in }
    ) throws -> ComparisonReport? {
        var runs: [ComparisonReport.Run] = []
        for (index, plan) in plans.enumerated() {
            let place = RunFolder(path: "\(folder)/\(plan.folder)")
            var report = startsOver ? nil : try place.report(of: plan.recipe)
            if report == nil {
                let run = try TrainingRun(
                    plan.recipe, in: place, startsOver: startsOver, cacheFolder: folder + "/data", workers: workers,
                    isCancelled: isCancelled)
                report = try run.run(isCancelled: isCancelled) { training in
                    onProgress(Progress(run: index, runs: plans.count, label: plan.label, training: training))
                }
            }
            guard let report else { return nil }
            onEnd("\(plan.label), seed \(plan.recipe.seed)", report)
            runs.append(.init(variant: plan.label, report: report, entries: try place.entries()))
        }
        return ComparisonReport(runs)
    }
}
