import Foundation
import ModelFiles
import Ranks
import Synchronization
import Tensors
import Testing
import Training

/// A run of several ranks, which are threads here: only the first has the text and the folder.
@Suite struct RankRunTests {
    /// Routers that know nothing beside their parameters, and those that have a bias, thresholds, or a table from step 4 on.
    @Test(arguments: ["top-k", "sigmoid", "expert-choice", "stable"])
    func `a run goes on over another number of ranks, and in one program, along the same curve`(
        router: String
    ) throws {
        let tiny = try RankRun(["router": ["name": router, "first_stage": 0.5] as Recipe.Fields])
        let whole = try tiny.train("whole", 1)
        #expect(whole.report != nil)
        let (first, second) = (try tiny.train("cut", 2, until: 4), try tiny.train("cut", 3, until: 7))
        #expect(first.report == nil && second.report == nil && second.resumed == 4)
        let third = try tiny.train("cut", 1)
        #expect(third.resumed == 7)
        let (curve, expected) = (try tiny.losses("cut"), try tiny.losses("whole"))
        #expect(curve.count == expected.count)
        for (loss, expected) in zip(curve, expected) { #expect(abs(loss - expected) <= 1e-5 * expected) }
        let losses = [third, whole].map { $0.report!.validationLoss }
        #expect(abs(losses[0] - losses[1]) <= 1e-5 * losses[1])
    }

    @Test(arguments: ExpertTravel.allCases)
    func `nobody can tell a checkpoint of several ranks from that of one`(travel: ExpertTravel) throws {
        let tiny = try RankRun()
        _ = try tiny.train("one", 1)
        _ = try tiny.train("three", 3, travel: travel)
        let (one, three) = (try tiny.checkpoint("one"), try tiny.checkpoint("three"))
        #expect(try three.layout() == one.layout())
        for name in one.file.names where one.file.shape(of: name)! != [] {
            guard let numbers = try? one.file.numbers(of: name) else { continue }
            #expect(try three.file.numbers(of: name).difference(from: numbers) <= 1e-2, "\(name)")
        }
        #expect(try tiny.recipeText("three") == tiny.recipeText("one"))
    }

    @Test func `each rank's share is in the report, and only there where there are ranks`() throws {
        let tiny = try RankRun()
        let alone = try #require(try tiny.train("one", 1).report)
        #expect(alone.ranks == nil)
        let shares = try #require(try tiny.train("three", 3).report?.ranks)
        #expect(shares.map(\.rank) == [0, 1, 2] && shares.map(\.experts) == [1, 2, 1])
        // One layer of 4 experts of 3 matrices.
        let experts = 4 * 3 * 16 * tiny.recipe.expertWidth
        let dense = alone.parameters - experts
        #expect(shares.map { $0.parameters - dense } == [experts / 4, experts / 2, experts / 4])
        #expect(shares.allSatisfy { $0.bytesReceived > 0 && $0.exchangeSeconds > 0 && $0.peakMemoryBytes > 0 })
    }

    @Test func `a rank that is told to stop stops all of them, with a checkpoint`() throws {
        let tiny = try RankRun()
        let cut = try tiny.train("cut", 3, stopping: 1)
        #expect(cut.report == nil && cut.step > 0 && cut.step < tiny.recipe.steps)
        #expect(tiny.folder("cut").checkpointSteps().last == cut.step)
        #expect(try tiny.train("cut", 2).report != nil)
    }

    @Test func `numbers that are no longer finite end all ranks in the words of one program`() throws {
        let tiny = try RankRun(["learning_rate": 1e30, "warm_up": 0.0])
        let alone = #expect(throws: TrainingError.self) { _ = try tiny.train("one", 1) }
        let failure = #expect(throws: RankFailure.self) { _ = try tiny.train("two", 2) }
        let words = try #require(alone.map { "\($0)" })
        #expect(words.contains("no longer a finite number"))
        #expect(failure?.description == "rank 0 failed: " + words)
    }

    @Test func `ranks wait for the first, which may end before there is a model`() throws {
        let tiny = try RankRun()
        let (recipe, folder) = (tiny.recipe, tiny.folder("never"))
        _ = try RankThreads.run(3) { communicator in
            let ranks = TrainingRanks(communicator)
            guard communicator.rank == 0 else {
                #expect(try Learner.follow(ranks, workers: Workers(count: 1)) == .stopped)
                return
            }
            #expect(throws: CancellationError.self) {
                _ = try TrainingRun(
                    recipe, in: folder, workers: Workers(count: 1), ranks: ranks, isCancelled: { true })
            }
            try ranks.end(.stopped)
        }
    }
}

/// A text, a recipe, and the folders of its runs.
private final class RankRun: Sendable {
    struct Outcome: Sendable {
        var report: TrainingReport?
        var resumed: Int?
        var step = 0
    }

    let recipe: Recipe
    private let texts: TextFolder

    init(_ fields: Recipe.Fields = [:]) throws {
        texts = try TextFolder()
        let text = (0..<200).map { "\($0 % 13) and \($0 * 7 % 11)\n" }.joined()
        let data = try texts.write(text, as: "sums.txt")
        let all: Recipe.Fields = [
            "data": [data], "layers": 1, "hidden": 16, "heads": 2, "context": 8, "batch": 3, "experts": 4,
            "steps": 9, "checkpoint_every": 3, "validation_tokens": 64, "shared_intermediate": 8,
        ]
        recipe = try Recipe(path: nil, fields: all.merging(fields) { $1 })
    }

    func folder(_ name: String) -> RunFolder { RunFolder(path: texts.cache + "/" + name) }

    /// Begins a run, or goes on with it, until its end or a step.
    ///
    /// - Parameter rank: one that is told to stop, in its seventh order.
    func train(
        _ name: String, _ count: Int, travel: ExpertTravel = .tokens, until last: Int? = nil, stopping rank: Int? = nil
    ) throws -> Outcome {
        let (folder, recipe) = (folder(name), recipe)
        @Sendable func lead(_ ranks: TrainingRanks?) throws -> Outcome {
            let run = try TrainingRun(recipe, in: folder, workers: Workers(count: 1), ranks: ranks)
            let report = try run.run(isCancelled: { run.step == last })
            try ranks?.end()
            return Outcome(report: report, resumed: run.resumedStep, step: run.step)
        }
        guard count > 1 else { return try lead(nil) }
        return try RankThreads.run(count) { communicator in
            let ranks = TrainingRanks(communicator, travel: travel)
            guard communicator.rank > 0 else { return try lead(ranks) }
            var orders = 0
            try Learner.follow(ranks, workers: Workers(count: 2)) {
                orders += 1
                return communicator.rank == rank && orders >= 7
            }
            return Outcome()
        }[0]
    }

    func losses(_ name: String) throws -> [Double] {
        let log = try String(contentsOfFile: folder(name).path + "/log.jsonl", encoding: .utf8)
        return try log.split(separator: "\n").map { line in
            let entry = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            return try #require(entry?["cross_entropy"] as? Double)
        }
    }

    func recipeText(_ name: String) throws -> String {
        try String(contentsOfFile: folder(name).path + "/recipe.json", encoding: .utf8)
    }

    func checkpoint(_ name: String) throws -> CheckpointFile {
        let step = try #require(folder(name).checkpointSteps().last)
        return try CheckpointFile("\(folder(name).path)/step-0000000\(step).safetensors")
    }
}

private struct CheckpointFile {
    let file: SafetensorsFile
    private let path: String

    init(_ path: String) throws {
        self.path = path
        file = try SafetensorsFile(path: path)
    }

    /// Names, types, shapes and places of all tensors, in the header's own order.
    func layout() throws -> String {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        let length = bytes.prefix(8).enumerated().reduce(0) { $0 + Int($1.element) << (8 * $1.offset) }
        let header = try JSONSerialization.jsonObject(with: bytes[8..<8 + length]) as? [String: Any] ?? [:]
        let tensors = try JSONSerialization.data(
            withJSONObject: header.filter { $0.key != "__metadata__" }, options: .sortedKeys)
        return String(decoding: tensors, as: UTF8.self)
    }
}
