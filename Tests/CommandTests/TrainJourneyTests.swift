import Foundation
import Testing

/// What was trained runs: the loss that training reports is that of the program that generates.
struct TrainJourneyTests {
    private let sample = try! TrainingSample()

    private static let routers = [
        "top-k", "noisy-top-k", "switch", "gshard", "sigmoid", "expert-choice", "base", "stable", "hash", "dense",
    ].map { ["--router", $0] }
    /// Whatever else changes what a token meets.
    private static let variants = [
        ["--qk-norm", "--kv-heads", "1", "--head-dim", "6", "--no-tied-embeddings", "--shared-intermediate", "24"],
        [
            "--router", "sigmoid", "--groups", "2", "--allowed-groups", "1", "--bias-rate", "0.05", "--routed-scale",
            "2.5",
        ],
        ["--order", "softmax-then-top-k", "--bias-rate", "0.05", "--capacity-factor", "1", "--jitter", "0.1"],
        ["--rope-base", "500", "--norm-epsilon", "1e-3", "--tokenizer", "bytes", "--recompute", "--accumulate", "2"],
        ["--router", "expert-choice", "--top-k", "1", "--threshold-decay", "0.5"],
        ["--heads", "1", "--head-dim", "1030"],
        ["--router", "hash", "--hash", "balanced"], ["--router", "stable", "--first-stage", "1"],
    ]

    @Test(arguments: routers + variants)
    func `what was trained scores as it was validated, and runs in little memory`(flags: [String]) throws {
        // 65 characters validate: one window, which the trainer sees as a text of its own.
        let text = String(TrainingSample.text.prefix(4000))
        try sample.folder.write(text, to: "text.txt")
        try sample.folder.write(String(text.suffix(65)), to: "end.txt")
        let trained = try sample.offstage(
            TrainingSample.command(steps: 60, every: 60) + flags
                + ["--context", "64", "--validation-share", "\(64.5 / 4000)", "--json"])
        try #require(trained.code == 0, "\(trained.notes)")
        let report = try trained.json(Trained.self)

        let packed = try sample.offstage("pack", "run", "--name", "model")
        try #require(packed.code == 0, "\(packed.notes)")
        let score = try sample.offstage("score", "model", "--text", "end.txt", "--json").json(Scores.self)
        #expect(score.logprobs.count == 65)
        let loss = -score.logprobs.compactMap(\.self).reduce(0, +) / 64
        #expect(abs(loss - report.validationLoss) < 1e-4, "\(loss), trained \(report.validationLoss)")
        #expect(loss < 2.8)  // knowing nothing but the characters, it would be log 18 = 2.9

        let texts = try ["100%", "min"].map { budget in
            let run = try sample.offstage("run", "model", "a red fox", "-n", "40", "--ignore-eos", "--ram", budget)
            #expect(run.code == 0, "\(run.notes)")
            return run.text
        }
        #expect(texts[0] == texts[1])
        #expect(texts[0].count > 40)
    }

    @Test func `the line of JSON says how the run went`() throws {
        let trained = try sample.offstage(TrainingSample.command() + ["--json", "--router", "expert-choice"])
        try #require(trained.code == 0, "\(trained.notes)")
        #expect(trained.text.split(separator: "\n").count == 1)
        let report = try trained.json(Trained.self)
        #expect(report.router == "expert-choice" && report.steps == 24 && report.seed == 1)
        #expect(report.validationLoss > 0 && report.trainLoss > 0 && report.tokensPerSecond > 0)
        #expect(report.validationLossTrainingForm != nil)
        #expect(report.validationLossByDomain.keys.sorted() == ["text"])
        #expect(report.parameters > report.activeParameters && report.activeParameters > 0)
        #expect(report.layers.count == 2)
        #expect(report.layers.allSatisfy { $0.load.count == 4 && $0.maxOverMean >= 1 && $0.entropy <= 1 })
        #expect(sample.folder.has(report.checkpoint))
    }
}
