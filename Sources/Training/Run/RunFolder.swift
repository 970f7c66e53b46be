import Foundation
import ModelFiles

/// The folder of a training run: its recipe, its log, its checkpoints, its tokens.
package struct RunFolder: Sendable {
    package let path: String

    package init(path: String) { self.path = path }

    var recipe: String { path + "/recipe.json" }
    var log: String { path + "/log.jsonl" }
    /// How the run ended; not there before it has.
    var report: String { path + "/report.json" }
    /// Where the corpus keeps its tokens.
    var data: String { path + "/data" }

    /// The file of a step's checkpoint.
    func checkpoint(step: Int) -> String { "\(path)/\(Checkpoint.fileName(step: step))" }

    /// The steps that have a checkpoint, ascending.
    package func checkpointSteps() -> [Int] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.compactMap(Checkpoint.step(ofFileNamed:)).sorted()
    }

    /// Makes the folder ready to begin a run by a recipe, or to go on with one.
    ///
    /// - Throws: ``TrainingError`` when a run by another recipe is in the way, or one that has ended.
    func prepare(for recipe: Recipe, startsOver: Bool) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        if startsOver { try clear() }
        if let text = FileManager.default.contents(atPath: self.recipe) {
            try check(Recipe(text: String(decoding: text, as: UTF8.self), from: self.recipe), isContinuedBy: recipe)
        }
        try Data(recipe.text().utf8).write(to: URL(fileURLWithPath: self.recipe), options: .atomic)
    }

    private func check(_ old: Recipe, isContinuedBy new: Recipe) throws {
        let last = checkpointSteps().last
        if old == new, try readReport() != nil {
            throw TrainingError(
                "\(path) holds this run already, and it has ended after step \(old.steps). Pack it, or start over with --force"
            )
        }
        guard old != new, last != nil else { return }
        throw TrainingError(
            "\(path) holds a run by another recipe (\(old.differences(to: new).joined(separator: ", "))). "
                + "Go on with its own, choose another folder with --out, or start over with --force")
    }

    func write(_ report: TrainingReport) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        try encoder.encode(report).write(to: URL(fileURLWithPath: self.report), options: .atomic)
    }

    /// How the run here ended; nil when it has not.
    func readReport() throws -> TrainingReport? {
        guard let text = FileManager.default.contents(atPath: report) else { return nil }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try? decoder.decode(TrainingReport.self, from: text)
    }

    /// How a run by this very recipe ended; nil when it has not, or another one is here.
    func report(of recipe: Recipe) throws -> TrainingReport? {
        guard let text = FileManager.default.contents(atPath: self.recipe),
            try Recipe(text: String(decoding: text, as: UTF8.self), from: self.recipe) == recipe
        else { return nil }
        return try readReport()
    }

    /// What the run here wrote down.
    func entries() throws -> [LogEntry] { try TrainingLog.read(path: log) }

    /// Takes away what a run left there, and nothing else.
    private func clear() throws {
        let files = [recipe, log, report, data] + checkpointSteps().map(checkpoint(step:))
        for file in files where FileManager.default.fileExists(atPath: file) {
            try FileManager.default.removeItem(atPath: file)
        }
    }

    /// Removes all checkpoints but the newest `count`.
    func prune(keeping count: Int) throws {
        guard count > 0 else { return }
        for step in checkpointSteps().dropLast(count) {
            try FileManager.default.removeItem(atPath: checkpoint(step: step))
        }
    }
}
