import Foundation
import Testing

/// Memory, threads, passes, prefetching and policies change how long it takes, and not one bit of what comes out.
struct SameBitsTests {
    private static let ids = "[\((0..<60).map { String($0 * 37 % 500 + 3) }.joined(separator: ", "))]"

    private let folder = try! TemporaryFolder()
    private var offstage: OffstageCommand { OffstageCommand(folder: folder) }

    /// What every other way of running is compared with: one thread, all experts in memory, one pass.
    private static let expected = Result {
        let offstage = OffstageCommand(folder: try TemporaryFolder())
        let model = try SharedModels.wide()
        return (
            logprobs: try offstage(["score", model, "--ids", "-", "--json"] + plain, input: ids).json(Scores.self)
                .logprobs,
            text: try offstage(["run", model, "Some words to go on from", "-n", "12", "--ignore-eos"] + plain).text
        )
    }
    private static let plain = ["--ram", "100%", "--threads", "1"]

    @Test(arguments: ["100%", "50%", "25%", "min"], 1...4)
    func `scores are the same`(budget: String, threads: Int) throws {
        let expected = try Self.expected.get().logprobs
        #expect(expected.count == 60 && expected.dropFirst().allSatisfy { $0 != nil })
        for chunk in ["1", "7", "60"] {
            for (prefetch, policy) in [("on", "lru"), ("on", "decay"), ("off", "lru"), ("off", "decay")] {
                let outcome = try offstage(
                    "score", SharedModels.wide(), "--ids", "-", "--json", "--ram", budget, "--threads", "\(threads)",
                    "--prompt-chunk", chunk, "--prefetch", prefetch, "--policy", policy, input: Self.ids)
                let name: Comment =
                    "--prompt-chunk \(chunk) --prefetch \(prefetch) --policy \(policy): \(outcome.notes)"
                try #require(outcome.code == 0, name)
                let score = try outcome.json(Scores.self)
                #expect(score.logprobs == expected, name)
                #expect(score.statistics.peakMemoryBytes <= score.statistics.ramBudgetBytes, name)
                #expect(budget == "100%" || score.statistics.expertSlots < score.statistics.expertCount, name)
            }
        }
    }

    @Test(arguments: ["100%", "25%", "min"], 1...3)
    func `texts are the same`(budget: String, threads: Int) throws {
        let expected = try Self.expected.get().text
        for (chunk, prefetch, policy) in [
            ("1", "on", "decay"), ("7", "off", "lru"), ("1000", "on", "lru"), ("1000", "off", "decay"),
        ] {
            let run = try offstage(
                "run", SharedModels.wide(), "Some words to go on from", "-n", "12", "--ignore-eos", "--ram", budget,
                "--threads", "\(threads)", "--prompt-chunk", chunk, "--prefetch", prefetch, "--policy", policy)
            #expect(
                run.text == expected, "--prompt-chunk \(chunk) --prefetch \(prefetch) --policy \(policy): \(run.notes)")
        }
    }

    @Test func `little memory means misses, and bytes read again`() throws {
        let model = try SharedModels.wide()
        let read = try ["min", "100%"].map { budget in
            try offstage(
                "score", model, "--ids", "-", "--json", "--ram", budget, "--prompt-chunk", "5", input: Self.ids
            ).json(Scores.self)
                .statistics
        }
        #expect(read[0].bytesRead > read[1].bytesRead)
        #expect(read[0].expertMisses > read[1].expertMisses)
    }
}
