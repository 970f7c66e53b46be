import Foundation
import Inference
import Mixture
import Offload
import Testing

@Suite struct PlanMemoryTests {
    private let folder = NSTemporaryDirectory() + "plans-" + UUID().uuidString
    private var path: String { PlanMemory.path(in: folder, 2) }

    /// Runs a model of three layers that keeps its plans in the folder.
    private func run(_ strategy: StrategyChoice = .automatic) throws -> RunStatistics {
        let store = try TemporaryStore("small-q4_0.gguf")
        let session = try store.session(20) {
            $0.threads = 2
            $0.planFolder = folder
            $0.strategy = strategy
            $0.budget = .expertShare(1)
        }
        var options = GenerationOptions()
        options.newTokens = 8
        options.stopsAtEnd = false
        _ = try session.generate(from: [1, 2, 3], options: options, onText: { _ in })
        // By now all experts are there.
        return try session.generate(from: [1, 2, 3], options: options, onText: { _ in })
    }

    @Test func `a run says of each layer what was predicted and measured`() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let statistics = try run()
        #expect(statistics.plan.count == Set(statistics.strategies.map(\.place.layer)).count)
        #expect(!statistics.plan.isEmpty)
        for (layer, line) in statistics.plan.enumerated() {
            #expect(line.hasPrefix("layer \(layer), ") && line.contains("; then 1 token, "))
            #expect(line.contains("predicted") && line.contains("measured") && !line.contains("predicted nothing"))
        }
        for layer in statistics.strategies {
            #expect(layer.strategies.map(\.name) == ["rows", "tiles", "experts", "tokens"])
            #expect(layer.strategies.allSatisfy { $0.predictedSeconds ?? 0 > 0 })
        }
    }

    @Test func `what was measured is kept, and used by the next run`() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        _ = try run()
        let first = PlanMemory(in: folder, threads: 2)
        #expect(first.constants != nil && first.shapes.count == 1)
        #expect(first.shapes.values.allSatisfy { !$0.strategies.entries.isEmpty })
        _ = try run()
        let second = PlanMemory(in: folder, threads: 2)
        #expect(second.constants == first.constants)
        #expect(second.shapes.mapValues(\.costs) == first.shapes.mapValues(\.costs))
        // Other threads, other measurements.
        #expect(PlanMemory(in: folder, threads: 3).constants == nil)
    }

    @Test(arguments: [
        "", "{", "[]", "null", "{}", #"{"machine":{}}"#, #"{"machine":1,"shapes":"x"}"#,
        String(repeating: "[", count: 100_000),
    ]) func `a file that is damaged is made again`(damage: String) throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try damage.write(toFile: path, atomically: true, encoding: .utf8)
        #expect(PlanMemory(in: folder, threads: 2).constants == nil)
        let statistics = try run()
        #expect(statistics.plan.allSatisfy { !$0.contains("predicted nothing") })
        #expect(PlanMemory(in: folder, threads: 2).constants != nil)
    }

    @Test func `numbers that nobody measured, and another machine's, are measured again`() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        _ = try run()
        let good = PlanMemory(in: folder, threads: 2)
        func read(_ change: (inout PlanMemory) -> Void) -> PlanMemory {
            var memory = good
            change(&memory)
            memory.write(in: folder)
            return PlanMemory(in: folder, threads: 2)
        }
        #expect(read { _ in }.constants == good.constants)
        #expect(read { $0.machine.processor = "another" }.constants == nil)
        #expect(read { $0.machine.isOptimized.toggle() }.constants == nil)
        #expect(read { $0.machine.kernels = "another" }.constants == nil)
        #expect(read { $0.machine.revision += 1 }.constants == nil)
        #expect(read { $0.machine.processors += 1 }.constants == nil)
        #expect(read { $0.constants!.loop = -5 }.constants == nil)
        #expect(read { $0.constants!.threads = 0 }.constants == nil)
        // Little memory is read faster than much.
        #expect(good.constants(of: 1 << 10) != nil && good.constants(of: 1 << 40) == nil)
        let key = try #require(good.shapes.keys.first)
        #expect(read { $0.shapes[key]!.costs.alone = [] }.constants == nil)
        #expect(read { $0.shapes[key]!.costs.together[0].visits = 7 }.constants == nil)
        #expect(read { $0.shapes[key]!.costs.alone[0].downRow = 1e9 }.constants == nil)
        #expect(read { $0.shapes[key]!.costs.innerVisit = -1 }.constants == nil)
    }

    @Test func `a folder that cannot be written changes nothing but time`() throws {
        try "a file".write(toFile: folder, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        #expect(try run().plan.allSatisfy { $0.contains("measured") })
        #expect(try String(contentsOfFile: folder, encoding: .utf8) == "a file")
    }

    @Test func `a pipe in its place is left alone, and a link leads to the file`() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        #expect(mkfifo(path, 0o600) == 0)
        #expect(try run().plan.allSatisfy { $0.contains("measured") })
        var status = stat()
        #expect(lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO)
        unlink(path)
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: folder + "/elsewhere.json")
        _ = try run()
        #expect(FileManager.default.fileExists(atPath: folder + "/elsewhere.json"))
        #expect(PlanMemory(in: folder, threads: 2).constants != nil)
    }

    @Test func `what was measured in little memory does not hold for much`() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        _ = try run()
        var memory = PlanMemory(in: folder, threads: 2)
        let key = try #require(memory.shapes.keys.first)
        let enough = memory.shapes[key]!.measuredBytes
        // Marks that a new measurement would not have.
        memory.shapes[key]!.costs.innerVisit = 0.125
        memory.write(in: folder)
        _ = try run()
        #expect(PlanMemory(in: folder, threads: 2).shapes[key]?.costs.innerVisit == 0.125)
        memory.shapes[key]!.measuredBytes = enough / 8
        memory.write(in: folder)
        _ = try run()
        let again = try #require(PlanMemory(in: folder, threads: 2).shapes[key])
        #expect(again.costs.innerVisit != 0.125 && again.measuredBytes == enough)
    }

    @Test(arguments: ["rows", "experts", "groups:2", "tiles", "tokens", "auto"])
    func `every strategy scores the same bits in every budget`(name: String) throws {
        let tokens = try Golden.sequences("small-q4_0.json")[0].tokens
        for model in ["small-q4_0.gguf", "small-q4_0-mixed.gguf"] {
            let store = try TemporaryStore(model)
            let whole = try store.session(tokens.count) { $0.threads = 1 }.score(tokens).logprobs.map { $0?.bitPattern }
            for threads in [2, 3, 5] {
                for budget in [MemoryBudget.expertShare(1), .expertShare(0.25), .smallest] {
                    let session = try store.session(tokens.count) {
                        $0.threads = threads
                        $0.budget = budget
                        $0.strategy = StrategyChoice(name)!
                    }
                    #expect(
                        try session.score(tokens).logprobs.map { $0?.bitPattern } == whole,
                        "\(budget), \(threads) threads")
                }
            }
        }
    }
}
