import ArgumentParser
import Foundation
import Tensors
import Training

struct Train: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Train a small Mixture-of-Experts model.",
        discussion: """
            RECIPE is a name under experts/recipes or a JSON file; every field of it is also a flag, and flags win. \
            No recipe is needed:

              offstage train --data poems.txt --experts 8 --top-k 2 --steps 2000 --out poems

            Interrupted at any point, the same command goes on from the last checkpoint to the same bits.
            """)

    @Argument(help: "A recipe: a name under experts/recipes, or a JSON file.")
    var recipe: String?
    @Option(
        help: ArgumentHelp(
            "Where the run lives. (default: experts/training/ and the recipe's name)", valueName: "folder"))
    var out: String?
    @OptionGroup var options: TrainOptions
    @Flag(help: "Start over where a run is in the way.")
    var force = false
    @Option(parsing: .unconditional, help: "Threads; they change no bit. (default: the number of cores)")
    var threads: Int?
    @Flag(help: "Print one line of JSON.")
    var json = false

    func validate() throws {
        try Limits.check("--threads", threads, 1...Limits.threads)
        if recipe == nil, options.data.data.isEmpty {
            throw ValidationError("Give a RECIPE, or a text with --data (--data toy is the built-in corpus)")
        }
        if let out, out.isEmpty { throw ValidationError("--out is empty; it wants the path of a folder") }
    }

    func run() throws {
        Interruption.watch()
        let recipe = try Recipe(path: recipe.map(RecipeName.path), fields: options.fields)
        let folder = RunFolder(path: out ?? "experts/training/\(recipe.name)")
        let reading = ProgressLine("Reading") { "\($0) %" }
        let run = try TrainingRun(
            recipe, in: folder, startsOver: force,
            workers: Workers(count: threads ?? ProcessInfo.processInfo.activeProcessorCount),
            progress: { reading.show(done: Int($0.share * 100), of: 100) }, isCancelled: { Interruption.isRequested })
        reading.clear()
        Terminal.note(run.introduction)
        let progress = ProgressLine("Training") { "\($0)" }
        let report = try run.run(
            isCancelled: { Interruption.isRequested },
            onStep: { progress.show(step: $0) },
            onEntry: { entry in
                guard let line = entry.line else { return }
                progress.clear()
                Terminal.note(line)
            })
        progress.clear()
        guard let report else {
            Terminal.note("Stopped after step \(run.step) of \(recipe.steps); the same command goes on from there.")
            throw Interrupted()
        }
        Terminal.note(report.summary(pack: "offstage pack \(folder.path.shellWord) --name \(recipe.name.shellWord)"))
        if json { try Terminal.print(json: report) }
    }
}

/// Where recipes are found.
enum RecipeName {
    static let folder = "experts/recipes"

    /// The file of a recipe: itself, or the one of that name.
    static func path(_ recipe: String) throws -> String {
        let named = "\(folder)/\(recipe).json"
        if FileManager.default.fileExists(atPath: named), ModelName.isPlain(recipe) { return named }
        guard FileManager.default.fileExists(atPath: recipe) else {
            let known =
                (try? FileManager.default.contentsOfDirectory(atPath: folder))?
                .filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }.sorted() ?? []
            throw Complaint(
                "There is no recipe \(recipe.debugDescription): neither a file of that name nor one in \(folder)/"
                    + (known.isEmpty ? "" : ", which has \(known.joined(separator: ", "))"))
        }
        return recipe
    }
}
