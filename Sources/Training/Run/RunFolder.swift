import Files
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
        names(in: path).compactMap { name in
            Checkpoint.step(ofFileNamed: name).flatMap { Checkpoint.fileName(step: $0) == name ? $0 : nil }
        }.sorted()
    }

    /// - Throws: ``TrainingError`` when the run would read what it writes, and be another one each time.
    func checkApart(from data: [String]) throws {
        let own = resolved(path)
        for text in data where (own + "/").hasPrefix(resolved(text) + "/") {
            throw TrainingError("\(path) lies within \(text), which is read; choose another folder with --out")
        }
    }

    private func resolved(_ path: String) -> String {
        URL(fileURLWithPath: path).standardizedFileURL.resolvingSymlinksInPath().path
    }

    /// Makes the folder, if need be, and claims it for a run that begins there or goes on.
    ///
    /// - Throws: ``TrainingError`` when a run by another recipe is in the way, one that has ended, or one under way.
    func claim(for recipe: Recipe, startsOver: Bool) throws -> RunLock {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let lock = try RunLock(self)
        if !startsOver, let last = checkpointSteps().last { try check(recipe, goesOnAfter: last) }
        return lock
    }

    /// Takes away what should not be there when a run begins or goes on, and writes down its recipe.
    func begin(_ recipe: Recipe, startsOver: Bool) throws {
        AbandonedFiles.remove(in: path)
        if startsOver { try remove(checkpointSteps().map(checkpoint(step:))) }
        if checkpointSteps().isEmpty { try remove([log, report]) }
        try write(Array(recipe.text().utf8), to: self.recipe)
    }

    private func check(_ new: Recipe, goesOnAfter step: Int) throws {
        guard let text = FileManager.default.contents(atPath: recipe) else { return }
        let old: Recipe
        do {
            old = try Recipe(text: String(decoding: text, as: UTF8.self), from: recipe)
        } catch {
            throw TrainingError("\(path) holds a run whose recipe cannot be read: \(error). Start over with --force")
        }
        guard old == new else {
            throw TrainingError(
                "\(path) holds a run by another recipe (\(old.differences(to: new).joined(separator: ", "))). "
                    + "Go on with its own (give \(self.recipe) as RECIPE), choose another folder with --out, or start over with --force"
            )
        }
        guard readReport() == nil else {
            throw TrainingError(
                "\(path) holds this run already, and it has ended after step \(step). Pack it, or start over with --force"
            )
        }
    }

    /// Reads the checkpoint of a step, or says what to do when that cannot be.
    func goingOn<State>(after step: Int, _ read: (_ checkpoint: String) throws -> State) throws -> State {
        let path = checkpoint(step: step)
        do {
            return try read(path)
        } catch let error as OtherCorpus {
            throw TrainingError(
                "the run in \(self.path) cannot go on: \(error.change). Give it what it began with, choose another folder "
                    + "with --out, or start over by the same command with --force")
        } catch {
            let earlier = checkpointSteps().last { $0 < step }
            let wayOut = earlier.map { "remove that file to go on after step \($0), " } ?? ""
            throw TrainingError(
                "the run in \(self.path) cannot go on from \(path): \("\(error)".withoutPeriod). "
                    + "Mend that, \(wayOut)or start over with --force")
        }
    }

    func write(_ report: TrainingReport) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        try write(Array(encoder.encode(report)), to: self.report)
    }

    private func write(_ bytes: [UInt8], to path: String) throws(TrainingError) {
        do throws(SystemError) {
            try UnfinishedFile.write(bytes, to: path)
        } catch {
            throw TrainingError("\(path) cannot be written: \(error)")
        }
    }

    /// How the run here ended; nil when it has not.
    func readReport() -> TrainingReport? {
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
        return readReport()
    }

    /// What the run here wrote down.
    func entries() throws -> [LogEntry] { try TrainingLog.read(path: log) }

    private func remove(_ files: [String]) throws {
        for file in files where FileManager.default.fileExists(atPath: file) {
            try FileManager.default.removeItem(atPath: file)
        }
    }

    private func names(in folder: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    }

    /// Removes all checkpoints but the newest `count`.
    func prune(keeping count: Int) throws {
        guard count > 0 else { return }
        for step in checkpointSteps().dropLast(count) {
            try FileManager.default.removeItem(atPath: checkpoint(step: step))
        }
    }
}

extension String {
    fileprivate var withoutPeriod: String { hasSuffix(".") ? String(dropLast()) : self }
}
