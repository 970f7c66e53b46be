import Foundation
import Tensors
import Testing

/// Few threads, few descriptors, little address space: fewer of what the program would like, or an error.
@Suite struct LimitTests {
    private let folder = try! TemporaryFolder()
    private var offstage: OffstageCommand { OffstageCommand(folder: folder) }

    private static let isRoot = getuid() == 0
    private static let pids = "/sys/fs/cgroup/pids"

    /// Runs a line of shell that a hanging program cannot hold up for ever.
    private func limited(_ limit: String, _ line: String) throws -> Outcome {
        try offstage.shell("\(limit); exec timeout -s KILL 60 \(line)")
    }

    /// The same as a user who is nobody else and may have so many threads.
    private func limited(threads: Int, _ line: String) throws -> Outcome {
        let user = Int.random(in: 1_000_000_000..<2_000_000_000)
        return try limited(
            "ulimit -u \(threads)", "setpriv --reuid=\(user) --regid=\(user) --clear-groups $offstage \(line)")
    }

    private func expectDone(orRefused words: [String], _ outcome: Outcome, _ text: String) {
        if outcome.code == 0 { return }
        #expect(outcome.code == 1, "\(text): \(outcome.notes)")
        #expect(words.contains { outcome.notes.contains($0) }, "\(text): \(outcome.notes)")
        #expect(outcome.notes.split(separator: "\n").count <= 2, "\(text): \(outcome.notes)")
    }

    @Test(arguments: [150_000, 200_000, 250_000, 300_000])
    func `little address space is enough for what needs little`(kibibytes: Int) throws {
        let version = try limited("ulimit -v \(kibibytes)", "$offstage --version")
        #expect(version.code == 0 && version.text == "0.1.0\n", "\(version.notes)")
        let help = try limited("ulimit -v \(kibibytes)", "$offstage train --help")
        #expect(help.code == 0 && help.text.contains("USAGE"), "\(help.notes)")
    }

    @Test func `where OpenBLAS has no room f32 weights are multiplied without it, and it is said`() throws {
        #expect(try offstage("pack", GoldenFiles.path("small-f32.gguf"), "--name", "f32").code == 0)
        let ids = "'[\((1...40).map(String.init).joined(separator: ", "))]'"
        let score = "$offstage score f32 --ids - --json --ram min --threads 2 <<< \(ids)"
        let free = try limited(":", score)
        #expect(free.code == 0 && !free.notes.contains("OpenBLAS is not used"), "\(free.notes)")
        // The library's file is there, but is none.
        let broken = try limited("touch libopenblas.so.0; export LD_LIBRARY_PATH=$PWD", score)
        #expect(broken.code == 0, "\(broken.notes)")
        // How much the program maps by itself hangs on how it was built.
        var tight = free
        for kibibytes in stride(from: 450_000, through: 250_000, by: -5_000) where tight.code == 0 {
            tight = try limited("ulimit -v \(kibibytes)", score)
            if tight.notes.contains("OpenBLAS is not used") { break }
        }
        #expect(tight.code == 0, "\(tight.notes)")
        guard WeightMatrix.multipliesWithBLAS(tokens: 40) else { return }
        for (outcome, reason) in [(broken, "libopenblas.so.0"), (tight, "no address space")] {
            #expect(outcome.notes.contains("Warning: OpenBLAS is not used: "), "\(outcome.notes)")
            #expect(outcome.notes.contains(reason), "\(outcome.notes)")
            #expect(outcome.notes.components(separatedBy: "OpenBLAS is not used").count == 2)
            let (own, theirs) = try (outcome.json(Scores.self).logprobs, free.json(Scores.self).logprobs)
            for (a, b) in zip(own.dropFirst(), theirs.dropFirst()) { #expect(abs(a! - b!) < 1e-4) }
        }
    }

    @Test func `a model of quantized weights does not open OpenBLAS`() throws {
        let score = try limited(
            "touch libopenblas.so.0; export LD_LIBRARY_PATH=$PWD",
            "$offstage score \(SharedModels.small()) --ids - <<< '[\((1...40).map(String.init).joined(separator: ", "))]'"
        )
        #expect(score.code == 0 && !score.notes.contains("OpenBLAS"), "\(score.notes)")
    }

    @Test(.enabled(if: isRoot, "needs root to become other users"), arguments: 1...14)
    func `a user who may start few threads runs models with fewer, or hears of it`(count: Int) throws {
        let run = try limited(threads: count, "run \(SharedModels.wide()) Once -n 2 --threads 3 --ram min")
        expectDone(orRefused: ["the loader, which reads the store, cannot be started: "], run, "\(count) threads")
        if count >= 3 { #expect(run.code == 0, "\(count) threads: \(run.notes)") }
    }

    @Test(.enabled(if: isRoot, "needs root to become other users"), arguments: [1, 2, 4, 8])
    func `every other command works with few threads`(count: Int) throws {
        try folder.write(String(repeating: "once upon a time there was a fox\n", count: 400), to: "fox.txt")
        chmod(folder.path, 0o777)
        let commands = [
            "pack \(GoldenFiles.path("small-q8_0.gguf")) --out packed\(count) --threads 3",
            "tokenize \(try SharedModels.small()) Once", "inspect \(try SharedModels.small())",
            "synth synth\(count).gguf --layers 1 --hidden 32 --intermediate 32 --heads 2 --kv-heads 1 --vocab 512 --threads 3",
            "train --data fox.txt --steps 2 --layers 1 --hidden 32 --heads 2 --out run\(count) --threads 3",
        ]
        for command in commands {
            let outcome = try limited(threads: count, command)
            #expect(outcome.code == 0, "\(command) with \(count) threads: \(outcome.notes)")
        }
        let words = ["the loader, which reads the store, cannot be started: "]
        try folder.write("once upon a time there was a fox", to: "line.txt")
        for command in ["score", "profile"] {
            let outcome = try limited(
                threads: count, "\(command) \(SharedModels.wide()) --text line.txt --threads 3 --ram min")
            expectDone(orRefused: words, outcome, "\(command) with \(count) threads")
            if count >= 3 { #expect(outcome.code == 0, "\(command): \(outcome.notes)") }
        }
    }

    @Test(
        .enabled(if: isRoot && access(pids + "/cgroup.procs", W_OK) == 0, "needs root and a pids control group"),
        arguments: 2...14)
    func `a control group of few threads runs models with fewer, or hears of it`(count: Int) throws {
        let group = Self.pids + "/offstage-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: group, withIntermediateDirectories: false)
        defer { rmdir(group) }
        // `timeout` is one of them, the program another.
        let run = try limited(
            "echo \(count) > \(group)/pids.max; echo $$ > \(group)/cgroup.procs",
            "$offstage run \(SharedModels.wide()) Once -n 2 --threads 3 --ram min")
        expectDone(orRefused: ["the loader, which reads the store, cannot be started: "], run, "\(count) threads")
        if count >= 4 { #expect(run.code == 0, "\(count) threads: \(run.notes)") }
    }

    @Test(arguments: 4...20)
    func `with few descriptors a model runs, or it is said`(count: Int) throws {
        let run = try limited("ulimit -n \(count)", "$offstage run \(SharedModels.wide()) Once -n 2 --ram min")
        expectDone(orRefused: ["oo many open files", "ulimit -n", "cannot be", "missing"], run, "\(count) descriptors")
        if count >= 16 { #expect(run.code == 0, "\(count) descriptors: \(run.notes)") }
    }

    @Test(arguments: ["many", "0", "-1", "2000", "3"])
    func `a size of the pool is taken as libuv takes it`(size: String) throws {
        let run = try limited(
            "export UV_THREADPOOL_SIZE=\(size)", "$offstage run \(SharedModels.wide()) Once -n 2 --ram min")
        #expect(run.code == 0, "\(size): \(run.notes)")
    }
}
