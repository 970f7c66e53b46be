import ArgumentParser
import Inference
import Mixture
import Profiling
import Ranks
import Tensors
import Training

struct Train: RankCommand {
    static let configuration = CommandConfiguration(
        abstract: "Train a small Mixture-of-Experts model.",
        discussion: """
            RECIPE is a name under recipes in --experts-dir or a JSON file; every field of it is also a flag, and flags win. \
            No recipe is needed:

              offstage train --data poems.txt --experts 8 --top-k 2 --steps 2000 --out poems

            Interrupted at any point, the same command goes on from the last checkpoint to the same bits. Under mpirun each \
            rank has a share of the experts and of every batch; a run may go on over another number of ranks.
            """)

    @OptionGroup var what: RecipeArguments
    @Option(
        help: ArgumentHelp(
            "Where the run lives. (default: training/ and the recipe's name in --experts-dir)", valueName: "folder"))
    var out: String?
    @Flag(help: "Start over where a run is in the way.")
    var force = false
    @Option(
        help: ArgumentHelp(
            "How experts are spread over threads: rows, experts, groups:2, tiles, tokens; auto. It changes no bit.",
            valueName: "name"))
    var strategy: StrategyChoice = .automatic
    @Option(
        help: ArgumentHelp(
            "What travels between ranks: tokens, to the ranks that hold their experts; or the weights of all experts, to every rank, which pays where they are fewer than the tokens' rows; auto: whichever is faster, layer by layer, so that a run's last digits are not the same twice.",
            valueName: "what"))
    var overRanks: ExpertTravel = .tokens
    @Flag(help: "Show the experts' load as it goes; lines of JSON where standard error is no terminal.")
    var live = false
    @Flag(help: "Print one line of JSON.")
    var json = false

    func validate() throws {
        if let out, out.isEmpty { throw ValidationError("--out is empty; it wants the path of a folder") }
        try what.checkFlags { _ = try $0.validated() }
    }

    func run() throws {
        Interruption.watch()
        try runAsRanks()
    }

    func run(as ranks: SessionRanks?) throws {
        guard let ranks else { return try train(nil, on: what.workers) }
        try ranks.communicator.agree(on: [
            ("version", Offstage.configuration.version), ("setting", "--over-ranks \(overRanks.rawValue)"),
        ])
        let training = TrainingRanks(ranks.communicator, travel: overRanks)
        let workers = Workers(count: what.threads ?? ranks.threads)
        guard ranks.isFirst else {
            let ending = try Learner.follow(
                training, workers: workers, strategy: strategy, isCancelled: { Interruption.isRequested })
            if ending == .stopped { throw Interrupted() }
            return
        }
        do {
            try train(training, on: workers)
        } catch  where error is Interrupted || error is CancellationError {
            if error is CancellationError { Terminal.draw(Interruption.farewell.description) }
            try training.end(.stopped)
            throw Interrupted()
        }
        try training.end(.done)
    }

    /// - Parameter ranks: those that this one is the first of.
    private func train(_ ranks: TrainingRanks?, on workers: Workers) throws {
        let recipe = try what.recipe { try $0.validated() }
        let folder = RunFolder(path: out ?? what.home.path(of: "training/\(recipe.name)"))
        let reading = ProgressLine("Reading") { "\($0) %" }
        let run = try TrainingRun(
            recipe, in: folder, startsOver: force,
            workers: workers, strategy: strategy, ranks: ranks,
            progress: { reading.show(done: Int($0.share * 100), of: 100) }, isCancelled: { Interruption.isRequested })
        reading.clear()
        Terminal.note(run.introduction)
        Terminal.warn(run.warnings)
        let progress = ProgressLine("Training") { "\($0)" }
        let view = live ? LiveView(layers: recipe.layers) : nil
        defer { view?.end() }
        let report = try run.run(
            isCancelled: { Interruption.isRequested },
            onStep: { if let view { view.show(step: $0, of: recipe) } else { progress.show(step: $0) } },
            onEntry: { entry in
                guard let line = entry.line else { return }
                progress.clear()
                Terminal.note("\(line)")
            })
        progress.clear()
        guard let report else {
            Terminal.note("Stopped after step \(run.step) of \(recipe.steps); the same command goes on from there.")
            throw Interrupted()
        }
        Terminal.note(report.summary(commands: commands(for: folder, recipe)))
        if json { try Terminal.print(json: report) }
    }

    /// What packs and runs the model: under the name that somebody gave, else under its folder's.
    private func commands(for folder: RunFolder, _ recipe: Recipe) -> [String] {
        let suggested = ModelName.suggested(for: folder.path)
        let isNamed = what.options.data.name != nil || !ModelName.isPlain(suggested)
        let name = isNamed ? recipe.name : suggested
        let flag = name == suggested ? "" : " --name \(name.shellWord)"
        return [
            "offstage pack \(folder.path.shellPath)\(flag)\(what.home.flag)",
            "offstage run \(name.shellWord)\(what.home.flag) \"…\"",
        ]
    }
}

extension LiveView {
    fileprivate func show(step progress: TrainingProgress, of recipe: Recipe) {
        guard isDue || progress.step == progress.steps else { return }
        let left = Int(progress.secondsLeft)
        show(
            Reading(step: progress.step, loss: progress.loss, loads: progress.loads, topK: recipe.visitsPerToken),
            title: "step \(progress.step) of \(progress.steps) · loss \((progress.loss ?? 0).rounded(3)) · "
                + "\(Int(progress.tokensPerSecond).grouped) tokens/s · \(left / 60):\(left % 60 < 10 ? "0" : "")\(left % 60) left"
        )
    }
}

extension ExpertTravel: NamedOption {}
