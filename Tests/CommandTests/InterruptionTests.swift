import Foundation
import Testing

/// Ctrl-C and kill -9 in the middle of things.
@Suite(.serialized)
struct InterruptionTests {
    private static let ids = "[\((0..<64).map { String($0 * 29 % 500 + 3) }.joined(separator: ", "))]"

    private let folder = try! TemporaryFolder()
    private var offstage: OffstageCommand { OffstageCommand(folder: folder) }

    @Test(arguments: [SIGKILL, SIGINT])
    func `packing that was stopped goes on and ends like packing in a go`(signal: Int32) throws {
        // 64 experts of 1.1 MiB: LMDB commits every 16 MiB, so there is something to stop in the middle of.
        let synth = try offstage(
            "synth", "model.gguf", "--hidden", "256", "--intermediate", "384", "--heads", "4", "--layers", "8",
            "--vocab", "512",
            "--format", "f32")
        #expect(synth.code == 0, "\(synth.notes)")
        let stopped = try stopPacking(with: signal)
        #expect(stopped.code == (signal == SIGKILL ? -SIGKILL : 130))
        if signal == SIGINT { #expect(stopped.notes.contains("run the same command again to go on")) }

        let early = try offstage("run", "model", "hi", "-n", "1")
        #expect(early.code == 1)
        #expect(early.notes.contains("run the same pack command again"))

        let bytesBefore = folder.size(of: "experts/model/data.mdb")
        let resumed = try offstage("pack", "model.gguf", "--name", "model")
        #expect(resumed.code == 0, "\(resumed.notes)")
        #expect(bytesBefore > 8 << 20)
        #expect(try offstage("pack", "model.gguf", "--name", "whole").code == 0)
        let scores = try ["model", "whole"].map { model in
            let score = try offstage("score", model, "--ids", "-", "--json", input: Self.ids)
            #expect(score.code == 0, "\(score.notes)")
            return try score.json(Scores.self).logprobs
        }
        #expect(scores[0] == scores[1])
    }

    /// Starts packing anew until a signal has come in time.
    private func stopPacking(with signal: Int32) throws -> Outcome {
        for _ in 0..<20 {
            let packing = try offstage.start(["pack", "model.gguf", "--name", "model", "--threads", "1"])
            let isStopped = packing.send(signal) { _ in folder.size(of: "experts/model/data.mdb") > 8 << 20 }
            let outcome = try packing.finished()
            if isStopped, outcome.code != 0 { return outcome }
            #expect(outcome.code == 0, "\(outcome.notes)")
            try FileManager.default.removeItem(atPath: folder.file("experts/model"))
        }
        throw NeverInTime()
    }

    private struct NeverInTime: Error {}

    @Test func `a run that is interrupted prints its numbers`() throws {
        let running = try offstage.start([
            "run", SharedModels.wide(), "Once upon a time", "-n", "20000", "--ignore-eos", "--stats", "stats.json",
            "--json",
            "--trace", "trace.jsonl",
        ])
        #expect(running.send(SIGINT) { FileManager.default.contents(atPath: $0)?.isEmpty == false })
        let run = try running.finished()
        #expect(run.code == 130)
        #expect(run.notes.contains("peak memory"))
        #expect(try run.json(Statistics.self).ending == "interrupted")
        let stats = try Data(contentsOf: URL(fileURLWithPath: folder.file("stats.json")))
        #expect(try JSONDecoder.snakeCase.decode(Statistics.self, from: stats).generatedTokens < 20000)
        #expect(folder.size(of: "trace.jsonl") > 0)
    }

    @Test func `scoring a long text can be interrupted within a pass`() throws {
        let text = String(repeating: "one two three four five six seven ", count: 600)
        let running = try offstage.start(
            ["score", SharedModels.wide(), "--text", "-", "--trace", "trace.jsonl"], input: text)
        // The trace has another name until it is whole.
        #expect(
            running.send(SIGINT) { _ in
                let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
                return names.contains { $0.hasPrefix(".offstage-") && folder.size(of: $0) > 0 }
            })
        let score = try running.finished()
        #expect(score.code == 130)
        #expect(score.text.isEmpty)
        #expect(folder.size(of: "trace.jsonl") > 0)
        #expect(score.notes.contains("Interrupted after"))
    }

    @Test(arguments: [SIGINT, SIGTERM], [[], ["--trace", "trace.jsonl"]])
    func `scoring ends in the middle of a layer`(signal: Int32, flags: [String]) throws {
        // The attention of a layer to as many tokens takes minutes.
        let ids = "[\([String](repeating: "3", count: 300_000).joined(separator: ","))]"
        let running = try offstage.start(["score", SharedModels.small(), "--ids", "-"] + flags, input: ids)
        #expect(running.send(signal) { _ in running.computed >= 300 })
        let score = try running.finished()
        #expect(score.code == 130 && score.text.isEmpty)
        #expect(score.notes.contains("Interrupted after 0 of 300000 tokens; nothing is printed."), "\(score.notes)")
    }

    @Test(arguments: [SIGINT, SIGTERM])
    func `a prompt ends in the middle of a layer, and only what was read counts`(signal: Int32) throws {
        let text = String(repeating: "zq", count: 150_000)
        let running = try offstage.start(
            ["run", SharedModels.small(), "--prompt-file", "-", "--trace", "trace.jsonl", "--json"], input: text)
        #expect(running.send(signal) { _ in running.computed >= 300 })
        let run = try running.finished()
        #expect(run.code == 130)
        #expect(run.notes.contains("prompt 0 tokens ·"), "\(run.notes)")
        #expect(try run.json(Statistics.self).ending == "interrupted")
        // The trace is one with a header and no routes.
        let trace = try String(contentsOfFile: folder.file("trace.jsonl"), encoding: .utf8)
        #expect(trace.hasSuffix("}\n") && trace.contains("\"experts\""))
    }

    @Test(
        arguments: [
            ["tokenize", "MODEL", "--text", "text"], ["score", "MODEL", "--text", "text"],
            ["run", "MODEL", "--prompt-file", "text"],
            ["profile", "MODEL", "--text", "text", "--tokens", "100000000"], ["profile", "--trace", "trace"],
            ["synth", "large.gguf", "--hidden", "2048", "--layers", "16"],
        ])
    func `work that leaves nothing behind ends in the middle of it`(arguments: [String]) throws {
        // One word of six million letters, and 800,000 tokens in four layers of eight experts: work for seconds, of which
        // reading is a small part.
        try folder.write(String(repeating: "oncemoreandagain", count: 400_000), to: "text")
        let visits = (0..<64).map { "\($0 % 4),\($0 * $0 / 16 % 8)\n" }.joined()
        try folder.write("layer,expert\n" + String(repeating: visits, count: 50_000), to: "trace")
        let running = try offstage.start(try arguments.map { try $0 == "MODEL" ? SharedModels.small() : $0 })
        #expect(running.send(SIGINT) { _ in running.computed >= 30 })
        let outcome = try running.finished()
        #expect(outcome.code == 130)
        #expect(outcome.text.isEmpty)
        #expect(outcome.notes == "Interrupted; the same command begins again.\n")
        #expect(!folder.has("large.gguf"))
    }

    @Test func `two packers do not get in each other's way`() throws {
        let synth = try offstage(
            "synth", "model.gguf", "--hidden", "256", "--heads", "4", "--layers", "4", "--vocab", "512", "--format",
            "f32")
        #expect(synth.code == 0, "\(synth.notes)")
        let both = try (0..<2).map { _ in try offstage.start(["pack", "model.gguf", "--name", "model"]) }.map {
            try $0.finished()
        }
        #expect(both.contains { $0.code == 0 })
        for outcome in both where outcome.code != 0 {
            #expect(outcome.code == 1)
            let isExplained =
                outcome.notes.contains("is being packed just now")
                || outcome.notes.contains("is a complete store")
            #expect(isExplained, "\(outcome.notes)")
        }
        #expect(try offstage("run", "model", "hi", "-n", "2").code == 0)
    }

    @Test func `a reader that goes away ends the run quietly`() throws {
        let model = try SharedModels.small()
        let run = try offstage.shell(
            "\"$offstage\" run \(model) Once -n 2000 --ignore-eos | head -c 1; echo \" ${PIPESTATUS[0]}\"")
        #expect(run.text.hasSuffix(" 1\n") || run.text.hasSuffix(" 0\n"))
        #expect(!run.notes.contains("Error"))
    }

    @Test func `an error has a line of its own, whatever was printed before`() throws {
        // The trace finds no room after some hundred tokens.
        let failed = try offstage(
            "run", SharedModels.small(), "Once", "-n", "20000", "--ignore-eos", "--trace", "/dev/full")
        #expect(failed.code == 1)
        #expect(failed.notes.contains("/dev/full: No space left on device"), "\(failed.notes)")
        #expect(failed.text.count > 20 && failed.text.hasSuffix("\n"), "\(failed.text.suffix(40))")
    }

    @Test func `a full standard output is named`() throws {
        let run = try offstage.shell("\"$offstage\" run \(SharedModels.small()) Once -n 20 --ignore-eos > /dev/full")
        #expect(run.code == 1)
        #expect(run.notes == "Error: could not write to standard output: No space left on device\n")
    }
}
