import Foundation
import Inference
import Profiling
import Testing

/// Ending a pass that nobody waits for any more, at any moment of it.
@Suite struct CancellationTests {
    private let tokens = (0..<200).map { $0 * 29 % 300 + 3 }

    /// How often a session asks whether to go on, until the first layer is done.
    private func askings(in session: Session, for tokens: [Int]) throws -> Int {
        var (asked, first) = (0, 0)
        _ = try session.score(
            tokens,
            isCancelled: {
                asked += 1
                return false
            }, onProgress: { _ in if first == 0 { first = asked } })
        return first
    }

    @Test func `a layer asks the more often the more there is to do in it`() throws {
        let session = try TemporaryStore("small-q8_0.gguf").session(200) { $0.threads = 1 }
        let few = try askings(in: session, for: Array(tokens.prefix(10)))
        let many = try askings(in: session, for: tokens)
        #expect(few > 10)
        #expect(many > 5 * few)
    }

    @Test(arguments: [1, 3])
    func `whenever a text is cancelled, nothing counts as read, and the session scores the next as ever`(threads: Int)
        throws
    {
        let session = try TemporaryStore("small-q4_0.gguf").session(200) {
            $0.threads = threads
            $0.budget = .expertShare(0.5)
        }
        // Of several threads only the caller's asks: enough work that it asks often even if the others do most of it.
        let text = threads == 1 ? Array(tokens.prefix(30)) : tokens
        let expected = try session.score(text).logprobs.map { $0?.bitPattern }
        for moment in [1, 2, 3, 7, 20, 55, 100] {
            var asked = 0
            let score = try session.score(
                text,
                isCancelled: {
                    asked += 1
                    return asked == moment
                })
            #expect(asked == moment)
            #expect(score.logprobs.isEmpty && score.tokens.isEmpty)
            #expect(score.statistics.promptTokens == 0 && score.statistics.prefillTokensPerSecond == 0)
        }
        #expect(try session.score(text).logprobs.map { $0?.bitPattern } == expected)
    }

    @Test(arguments: [1, 2, 30])
    func `a closure that says yes once ends the prompt for good`(moment: Int) throws {
        let session = try TemporaryStore("small-q8_0.gguf").session(200)
        var (asked, text) = (0, "")
        let statistics = try session.generate(
            from: Array(tokens.prefix(30)),
            isCancelled: {
                asked += 1
                return asked == moment
            }, onText: { text += $0 })
        #expect(statistics.ending == .interrupted)
        #expect(statistics.promptTokens == 0 && statistics.generatedTokens == 0)
        #expect(statistics.prefillTokensPerSecond == 0 && statistics.decodeTokensPerSecond == 0)
        #expect(text.isEmpty)
    }

    @Test func `of a text that is cancelled in its second pass the first counts`() throws {
        let store = try TemporaryStore("small-q8_0.gguf")
        let session = try store.session(60) { $0.passTokens = 16 }
        let text = Array(tokens.prefix(60))
        let expected = try session.score(text).logprobs
        var read = 0
        let score = try session.score(text, isCancelled: { read > 16 }, onProgress: { read = $0 })
        #expect(score.statistics.promptTokens == 16)
        #expect(score.statistics.prefillTokensPerSecond > 0)
        // The first pass tells of the token after it, too.
        #expect(score.tokens == Array(text.prefix(17)))
        #expect(score.logprobs == Array(expected.prefix(17)))

        read = 0
        let statistics = try session.generate(
            from: text, isCancelled: { read > 16 }, onProgress: { read = $0 }, onText: { _ in })
        #expect(statistics.ending == .interrupted)
        #expect(statistics.promptTokens == 16)
    }

    @Test func `a text that is cancelled as it is written keeps what was written`() throws {
        let session = try TemporaryStore("small-q8_0.gguf").session(100) { $0.threads = 1 }
        var options = GenerationOptions()
        options.newTokens = 40
        options.stopsAtEnd = false
        let prompt = Array(tokens.prefix(9))
        var (whole, text, routes) = ("", "", 0)
        _ = try session.generate(from: prompt, options: options) { whole += $0 }
        let recorder = Counter { routes += 1 }
        // In the middle of a pass: after the route of a layer that is not the last.
        let statistics = try session.generate(
            from: prompt, options: options, recorder: recorder, isCancelled: { routes == 9 * 2 + 10 * 2 + 1 },
            onText: { text += $0 })
        #expect(statistics.ending == .interrupted)
        #expect(statistics.promptTokens == 9)
        #expect(statistics.generatedTokens == 11)
        #expect(!text.isEmpty && whole.hasPrefix(text) && text != whole)
    }
}

private final class Counter: RoutingRecorder {
    private let count: () -> Void
    init(_ count: @escaping () -> Void) { self.count = count }
    func record(_ entry: RoutingTraceEntry) { count() }
}
