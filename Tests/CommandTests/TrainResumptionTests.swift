import Foundation
import Testing

/// A run that was stopped goes on to the bits it would have had.
@Suite(.serialized)
struct TrainResumptionTests {
    private let sample = try! TrainingSample()

    /// Routers that remember something beside their weights, and one that changes on the way.
    private static let routers = [
        ["--router", "top-k", "--bias-rate", "0.01"], ["--router", "expert-choice"],
        ["--router", "stable", "--first-stage", "0.5"], ["--router", "hash"],
        ["--router", "gshard", "--jitter", "0.1"],
    ]

    @Test(arguments: routers)
    func `a run that was killed ends like one that was not`(router: [String]) throws {
        try expectSameEnd(after: SIGKILL, router)
    }

    @Test func `a run that is interrupted leaves a checkpoint, and ends like one that was not`() throws {
        let stopped = try expectSameEnd(after: SIGINT, ["--router", "sigmoid", "--accumulate", "2"])
        #expect(stopped.notes.contains("the same command goes on from there"))
    }

    @Test func `a run that is killed again and again ends like one that was not`() throws {
        let command = TrainingSample.command(steps: 200, every: 10) + ["--router", "expert-choice"]
        #expect(try sample.offstage(command + ["--out", "whole"]).code == 0)
        var kills = 0
        while true {
            let running = try sample.offstage.start(command)
            let latest = sample.checkpoints().last
            if running.send(SIGKILL, once: { _ in sample.checkpoints().last != latest }) { kills += 1 }
            let outcome = try running.finished()
            if outcome.code == 0 { break }
            try #require(outcome.code == -SIGKILL, "\(outcome.notes)")
        }
        #expect(kills > 3)
        #expect(try sample.tensors() == sample.tensors("whole"))
        #expect(try sample.loggedSteps() == sample.loggedSteps("whole"))
        let names = try FileManager.default.contentsOfDirectory(atPath: sample.folder.file("run"))
        #expect(!names.contains { $0.hasPrefix(".") }, "\(names)")
    }

    @Test func `a run that was killed while it took stock does so when it is called again`() throws {
        let command = TrainingSample.command() + ["--json"]
        let whole = try sample.offstage(command)
        try FileManager.default.removeItem(atPath: sample.folder.file("run/report.json"))
        let again = try sample.offstage(command)
        #expect(again.notes.contains("Going on after step 24"))
        let reports = try [whole, again].map { try $0.json(Trained.self) }
        #expect(reports[0].validationLoss == reports[1].validationLoss)
        #expect(reports[0].trainLoss == reports[1].trainLoss)
    }

    @Test func `reading a text can be interrupted`() throws {
        let reading = try sample.offstage.start(
            ["train", "--data", "toy", "--toy-bytes", "20000000", "--steps", "1", "--out", "run"])
        #expect(reading.send(SIGINT) { _ in sample.folder.has("run/data") })
        let outcome = try reading.finished()
        #expect(outcome.code == 130 && outcome.text.isEmpty)
        #expect(outcome.notes == "Interrupted; the same command begins again.\n")
        let kept = try FileManager.default.contentsOfDirectory(atPath: sample.folder.file("run/data"))
        #expect(!kept.contains { $0.hasPrefix(".") })
    }

    @Test(arguments: ["top-k", "noisy-top-k", "expert-choice", "base", "stable"])
    func `the number of threads changes no bit`(router: String) throws {
        for threads in ["1", "3"] {
            let run = try sample.offstage(
                TrainingSample.command(out: threads) + ["--threads", threads, "--router", router])
            #expect(run.code == 0, "\(run.notes)")
        }
        #expect(try sample.tensors("1") == sample.tensors("3"))
        #expect(try sample.tensors("1").names.contains("optimizer.second.layers.1.experts.down"))
    }

    /// - Returns: what the run that was stopped said.
    @discardableResult
    private func expectSameEnd(after signal: Int32, _ router: [String]) throws -> Outcome {
        let command = TrainingSample.command(steps: 200, every: 20) + router
        let whole = try sample.offstage(command + ["--out", "whole"])
        try #require(whole.code == 0, "\(whole.notes)")
        let stopped = try stop(command, with: signal)
        #expect(stopped.code == (signal == SIGKILL ? -SIGKILL : 130))

        let resumed = try sample.offstage(command + ["--json"])
        try #require(resumed.code == 0, "\(resumed.notes)")
        #expect(resumed.notes.contains("Going on after step"))
        #expect(try sample.tensors() == sample.tensors("whole"))
        #expect(try sample.loggedSteps() == sample.loggedSteps("whole"))
        return stopped
    }

    /// Starts anew until a signal has come between the first checkpoint and the last.
    private func stop(_ command: [String], with signal: Int32) throws -> Outcome {
        for _ in 0..<20 {
            let running = try sample.offstage.start(command + ["--force"])
            let isSent = running.send(signal) { _ in !sample.checkpoints().isEmpty }
            let outcome = try running.finished()
            if isSent, outcome.code != 0 { return outcome }
            #expect(outcome.code == 0, "\(outcome.notes)")
        }
        throw NeverInTime()
    }

    private struct NeverInTime: Error {}
}
