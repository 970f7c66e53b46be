import ArgumentParser
import Mixture
import Profiling
import Training

struct Compare: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Train several routers alike and compare them.",
        discussion: """
            Same texts, seeds, steps and active parameters for all. A router may have settings of its own, in the fields \
            of a recipe:

              offstage compare --data poems.txt --routers dense,top-k,top-k:balance=0,base --seeds 1,2,3 --out poems

            Prints a table; writes --out/comparison.json and --out/comparison.html. Interrupted, the same command goes on.
            """)

    @OptionGroup var what: RecipeArguments
    @Option(help: ArgumentHelp("What to compare, separated by commas. (default: all routers)", valueName: "names"))
    var routers: RouterList?
    @Option(help: ArgumentHelp("Seeds, separated by commas. (default: 1,2,3)", valueName: "numbers"))
    var seeds: SeedList = SeedList(seeds: [1, 2, 3])
    @Option(
        help: ArgumentHelp(
            "Where the runs live. (default: training/compare- and the recipe's name in --experts-dir)",
            valueName: "folder"))
    var out: String?
    @Flag(help: "Start over where runs are in the way.")
    var force = false
    @Flag(help: "Print one line of JSON.")
    var json = false

    func validate() throws {
        if let out, out.isEmpty { throw ValidationError("--out is empty; it wants the path of a folder") }
        try what.checkFlags { _ = try comparison(of: $0) }
    }

    private func comparison(of recipe: Recipe) throws -> Comparison {
        try Comparison(
            recipe, variants: (routers?.names ?? RouterList.all).map(Variant.init), seeds: seeds.seeds,
            folder: out ?? what.home.path(of: "training/compare-\(recipe.name)"))
    }

    func run() throws {
        Interruption.watch()
        let comparison = try what.recipe(for: comparison)
        let progress = ProgressLine("Training") { "\($0)" }
        let report = try comparison.run(
            startsOver: force, workers: what.workers,
            isCancelled: { Interruption.isRequested },
            onProgress: { progress.show(comparison: $0) },
            onEnd: { label, report in
                progress.clear()
                Terminal.note("\(label): validation loss \(report.validationLoss.rounded(4))")
            })
        progress.clear()
        guard let report else {
            Terminal.note("Stopped; the same command goes on from there.")
            throw Interrupted()
        }
        let page = TextFile("\(comparison.folder)/comparison.html", holds: "the curves")
        try page.write(report.page(title: "Routers compared: \(comparison.recipe.name)"))
        let numbers = TextFile("\(comparison.folder)/comparison.json", holds: "the numbers")
        try numbers.write(String(decoding: Terminal.encoded(report), as: UTF8.self))
        Terminal.print(Message(lines: report.table).text + "\n")
        Terminal.note("Curves: \(page.path)")
        if json { try Terminal.print(json: report) }
    }
}

/// Routers with commas between them.
struct RouterList: ExpressibleByArgument {
    let names: [String]

    static let all = RouterName.allCases.map(\.rawValue)

    init?(argument: String) {
        names = argument.split(separator: ",").map { RouterName(argument: String($0))?.rawValue ?? String($0) }
        if names.isEmpty { return nil }
    }
}

/// Numbers with commas between them.
struct SeedList: ExpressibleByArgument {
    let seeds: [UInt64]

    init(seeds: [UInt64]) { self.seeds = seeds }

    init?(argument: String) {
        let seeds = argument.split(separator: ",").map { UInt64($0) }
        guard !seeds.isEmpty, !seeds.contains(nil) else { return nil }
        self.seeds = seeds.compactMap { $0 }
    }

    var defaultValueDescription: String { seeds.map(String.init).joined(separator: ",") }
}

extension ProgressLine {
    func show(comparison: Comparison.Progress) {
        let training = comparison.training
        let done = comparison.run * training.steps + training.step
        show(
            done: done, of: comparison.runs * training.steps,
            note:
                "\(comparison.label) (\(comparison.run + 1) of \(comparison.runs)), loss \((training.loss ?? 0).rounded(3)), "
                + "\(Int(training.tokensPerSecond).grouped) tokens/s")
    }
}
