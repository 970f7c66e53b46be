import Foundation
import Synchronization
import Tensors
import Testing

@Suite struct MemoryNodesTests {
    /// The kernel's files of a machine whose nodes have these processors.
    private func files(online: String, _ lists: [Int: String]) throws -> (KernelFiles, String) {
        let root = NSTemporaryDirectory() + "nodes-" + UUID().uuidString
        let folder = root + "/sys/devices/system/node"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try (online + "\n").write(toFile: folder + "/online", atomically: true, encoding: .utf8)
        for (node, list) in lists {
            try FileManager.default.createDirectory(atPath: folder + "/node\(node)", withIntermediateDirectories: true)
            try (list + "\n").write(toFile: folder + "/node\(node)/cpulist", atomically: true, encoding: .utf8)
        }
        return (KernelFiles(root: root), root)
    }

    @Test(arguments: [
        ("0", [0: "0-7"], 1), ("0-1", [0: "0-3,8-11", 1: "4-7,12-15"], 2), ("0,2", [0: "0", 2: "1"], 2),
        ("0-2", [0: "0-1", 1: "2-3", 2: ""], 2), ("0-1", [:], 1), ("nonsense", [0: "0-1"], 1),
        ("0-1", [0: "0-1", 1: "3-2"], 1), ("0-1", [0: "0-1", 1: "0-99999999999"], 1), ("", [:], 1),
    ]) func `nodes are those that have processors`(online: String, lists: [Int: String], count: Int) throws {
        let (files, root) = try files(online: online, lists)
        defer { try? FileManager.default.removeItem(atPath: root) }
        let nodes = MemoryNodes(files: files)
        #expect(nodes.count == count)
        #expect((0..<count).contains(nodes.current))
    }

    @Test func `a machine without such files has one node`() {
        #expect(MemoryNodes(files: KernelFiles(root: "/nowhere")) == .one)
        #expect(MemoryNodes(pretended: 0, processors: 0).count == 1)
        #expect(MemoryNodes(pretended: 1_000_000, processors: 2).count == 64)
    }

    @Test(arguments: [1, 2, 3, 5]) func `every unit of every node's queue is done once, step after step`(threads: Int)
        throws
    {
        let shares = [[3, 4], [0, 5], [0, 0], [1, 0], [30, 30]]
        let teams = (0..<2).map { _ in
            Workers.Team(threads: threads, units: shares.map { $0.reduce(0, +) }, shares: shares.flatMap(\.self))
        }
        let workers = Workers(count: threads, nodes: MemoryNodes(pretended: 2, processors: 2))
        let done = Mutex([[[Int]]](repeating: shares.map { _ in [] }, count: 2))
        let finished = Mutex([[Int]](repeating: [], count: 2))
        try workers.run(
            teams,
            { team, step, unit in
                done.withLock { done in
                    // Nobody is ahead of a step that others are still in.
                    for earlier in 0..<step { #expect(done[team][earlier].count == teams[team].units[earlier]) }
                    done[team][step].append(unit)
                }
            }, didFinish: { team, step in finished.withLock { $0[team].append(step) } })
        for team in 0..<2 {
            for (step, units) in teams[team].units.enumerated() {
                #expect(done.withLock { $0[team][step].sorted() } == Array(0..<units))
            }
            #expect(finished.withLock { $0[team] } == [0, 1, 3, 4])
        }
    }

    @Test(arguments: [1, 3]) func `an error in one team ends all of them`(threads: Int) {
        struct Broken: Error {}
        let workers = Workers(count: threads, nodes: MemoryNodes(pretended: 2, processors: 2))
        for shares in [[], [2, 2, 2, 2]] {
            let team = Workers.Team(threads: max(2, threads), units: [4, 4], shares: shares)
            #expect(throws: Broken.self) {
                try workers.run(
                    [team, team], { team, step, unit in if team == 0, step == 0, unit == 3 { throw Broken() } },
                    didFinish: { team, _ in #expect(team == 1) })
            }
        }
    }
}
