import Foundation
import Testing

/// Memory and processors as a container limits them.
@Suite(.serialized)
struct ContainerTests {
    private static let limitsMemory = ControlGroup.canLimit(.memory)
    private static let limitsProcessors = ControlGroup.canLimit(.cpu)

    private let folder = try! TemporaryFolder()
    private var offstage: OffstageCommand { OffstageCommand(folder: folder) }

    /// A run of the wide model in a control group.
    private func run(in group: ControlGroup, _ arguments: String) throws -> Outcome {
        try offstage.shell(group.entering(try Self.line(arguments)))
    }

    private static func line(_ arguments: String) throws -> String {
        "exec \"$offstage\" run \(try SharedModels.wide()) 'Some words to go on from' -n 8 --ignore-eos --json \(arguments)"
    }

    @Test(.enabled(if: limitsMemory, "needs root and control groups"), arguments: [64, 128, 256, 300])
    func `nobody names a budget, and a small group suffices`(mebibytes: Int) throws {
        let group = try ControlGroup(.memory)
        try group.limitMemory(to: mebibytes)
        let run = try run(in: group, "")
        #expect(run.code == 0, "\(run.notes)")
        let statistics = try run.json(Statistics.self)
        #expect(statistics.ramBudgetBytes <= mebibytes << 20)
        #expect(statistics.peakMemoryBytes <= statistics.ramBudgetBytes)
    }

    @Test(.enabled(if: limitsMemory, "needs root and control groups"))
    func `file cache that is in use leaves room for a run`() throws {
        let group = try ControlGroup(.memory)
        try group.limitMemory(to: 200)
        // Read twice, it is active.
        let cache = "head -c 190M /dev/zero > cache; sync cache; cat cache cache cache > /dev/null; "
        let run = try offstage.shell(group.entering(cache + Self.line("")))
        #expect(run.code == 0, "\(run.notes)")
        #expect(try run.json(Statistics.self).expertSlots == run.json(Statistics.self).expertCount)
    }

    @Test(.enabled(if: limitsMemory, "needs root and control groups"))
    func `a model that a group could never hold while it learns is refused with both numbers`() throws {
        let group = try ControlGroup(.memory)
        try group.limitMemory(to: 256)
        try folder.write(String(repeating: "once upon a time there was a fox\n", count: 4000), to: "fox.txt")
        let train = try offstage.shell(
            group.entering("exec \"$offstage\" train --data fox.txt --hidden 512 --layers 8 --out run"))
        #expect(train.code == 1, "\(train.notes)")
        #expect(train.notes.contains("of memory at least, and the control group"), "\(train.notes)")
        #expect(train.notes.contains("has a limit of 256M"), "\(train.notes)")
    }

    @Test(.enabled(if: limitsMemory, "needs root and control groups"))
    func `a budget beyond the group's limit is refused with both numbers`() throws {
        let memory = try offstage("inspect", SharedModels.wide(), "--context", "33", "--json").json(Memory.self).memory
        let limit = ((memory.smallestBudget + memory.total) / 2) >> 20
        let group = try ControlGroup(.memory)
        try group.limitMemory(to: limit)
        let refused = try run(in: group, "--ram 3000M")
        #expect(refused.code == 1)
        #expect(
            refused.notes.hasPrefix(
                "Error: a budget of 3000M cannot be had: the control group \(group.name) has a limit of \(limit)M"))
        let given = try #require(refused.notes.firstMatch(of: /Give --ram (\d+M) or less/))
        let run = try run(in: group, "--ram \(given.1)")
        #expect(run.code == 0, "\(run.notes)")
    }

    @Test(.enabled(if: limitsMemory, "needs root and control groups"))
    func `a budget beyond the group's limit is no matter when the whole model fits`() throws {
        let group = try ControlGroup(.memory)
        try group.limitMemory(to: 128)
        let run = try run(in: group, "--ram 3000M")
        #expect(run.code == 0, "\(run.notes)")
        let statistics = try run.json(Statistics.self)
        #expect(statistics.expertSlots == statistics.expertCount)
        #expect(statistics.ramBudgetBytes <= 128 << 20)
    }

    @Test(.enabled(if: limitsMemory, "needs root and control groups"), arguments: ["min", "25%", "50%", "75%"])
    func `a budget is used and kept, by the kernel's count too`(budget: String) throws {
        // Once before, to no effect, so that what the program's files take while it starts is charged to somebody else.
        #expect(try offstage.shell(Self.line("--ram 1M")).code == 1)
        let group = try ControlGroup(.memory)
        let run = try run(in: group, "--ram \(budget)")
        #expect(run.code == 0, "\(run.notes)")
        let statistics = try run.json(Statistics.self)
        let peak = try max(statistics.peakMemoryBytes, group.peakMemory())
        #expect(peak <= statistics.ramBudgetBytes)
        #expect(Double(peak) >= 0.9 * Double(statistics.ramBudgetBytes))
    }

    @Test func `where address space is limited no more is planned than there is`() throws {
        for limit in ["-d 400000", "-v 900000"] {
            let run = try offstage.shell("ulimit \(limit); " + Self.line("--ram auto"))
            #expect(run.code == 0, "\(limit): \(run.notes)")
        }
    }

    @Test(.enabled(if: limitsProcessors, "needs root and control groups"), arguments: [(0.5, 1), (1.0, 1)])
    func `a group's share of the processors decides how many threads compute`(share: Double, threads: Int) throws {
        let group = try ControlGroup(.cpu)
        try group.limitProcessors(to: share)
        let run = try run(in: group, "")
        #expect(run.code == 0, "\(run.notes)")
        #expect(try run.json(Threads.self).threads == threads)
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/usr/bin/taskset"), "needs taskset"))
    func `a program held on one processor computes with one thread`() throws {
        let run = try offstage.shell("taskset -c 0 " + Self.line("").dropFirst("exec ".count))
        #expect(run.code == 0, "\(run.notes)")
        #expect(try run.json(Threads.self).threads == 1)
    }

    private struct Memory: Decodable {
        var memory: Plan

        struct Plan: Decodable {
            var program, dense, keyValueCache, scratch, threadsAndBuffers, experts, smallestBudget: Int
            var total: Int { program + dense + keyValueCache + scratch + threadsAndBuffers + experts }
        }
    }

    private struct Threads: Decodable { var threads: Int }
}
