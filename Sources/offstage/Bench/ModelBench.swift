import Inference
import ModelFiles
import Profiling
import Tensors

/// Times a model, one number of threads after the other.
struct ModelBench {
    private let model: Model
    private let work: WorkArguments
    private let tests: [BenchTest]
    private let threads: [Int]
    private let repetitions: Int
    private let warmsUp: Bool
    private let seed: UInt64
    private let subject: BenchSubject

    /// - Throws: why memory does not hold what is to be timed.
    init(
        _ model: Model, _ work: WorkArguments, tests: [BenchTest], threads: [Int], repetitions: Int, warmsUp: Bool,
        seed: UInt64, path: String
    ) throws {
        (self.model, self.work, self.tests, self.threads) = (model, work, tests, threads)
        (self.repetitions, self.warmsUp, self.seed) = (repetitions, warmsUp, seed)
        for count in threads { _ = try model.plan(Self.options(work, tests, threads: count)) }
        subject = BenchSubject(
            try ModelSummary(path: path, options: Self.options(work, tests, threads: threads.first ?? 1)))
    }

    /// Times and prints; ends early, and in order, once an interruption is requested.
    func run(_ printer: BenchPrinter) throws {
        let pace = BenchPace(tests, threads: threads.count, repetitions: repetitions + (warmsUp ? 1 : 0))
        var results: [BenchResult] = []
        do {
            for count in threads {
                let session = try Interruption.endingAtOnce {
                    try model.session(Self.options(work, tests, threads: count))
                }
                if count == threads[0] { Terminal.warn(session.warnings) }
                let timed = try TimedSession(session, vocabulary: model.architecture.vocabularySize, seed: seed, pace)
                if warmsUp { try timed.warmUp(tests) }
                let ceilings = BenchCeilings(session)
                if count == threads[0] { Terminal.warn(ceilings.warnings) }
                for test in tests {
                    var result = BenchResult(test, session, threads: count)
                    defer {
                        if !result.samples.isEmpty {
                            results.append(result)
                            pace.clear()
                            printer.print(result, of: subject)
                        }
                    }
                    try timed.reach(test.depth)
                    var before = ceilings.measured()
                    for _ in 0..<repetitions {
                        let timing = try timed.time(test)
                        let after = ceilings.measured()
                        result.add(timing, against: before.best(with: after))
                        before = after
                    }
                }
            }
        } catch is CancellationError where !results.isEmpty {}
        pace.clear()
        try printer.finish(
            BenchAnswer(subject, results, repetitions: repetitions, warmsUp: warmsUp, seed: seed))
    }

    private static func options(_ work: WorkArguments, _ tests: [BenchTest], threads: Int) -> SessionOptions {
        let prompt = tests.filter { $0.phase == .prompt }.map(\.tokens).max() ?? 1
        let depth = tests.map(\.depth).max() ?? 0
        var options = work.options
        options.threads = threads
        options.positions = tests.map(\.positions).max() ?? 1
        options.passTokens = work.promptChunk ?? max(prompt, min(depth, 512))
        options.scoredTokens = 1
        options.repeatableTokens = tests.map(\.tokens).max() ?? 1
        return options
    }
}

/// A session that tokens drawn by chance pass through.
private final class TimedSession {
    private let session: Session
    private let vocabulary: Int
    private let pace: BenchPace
    private var random: RandomNumbers
    /// How many tokens have passed that were not timed, and what was timed begins behind.
    private var depth = 0

    init(_ session: Session, vocabulary: Int, seed: UInt64, _ pace: BenchPace) throws {
        self.session = session
        self.vocabulary = vocabulary
        self.pace = pace
        random = RandomNumbers(seed: seed)
    }

    /// Does each test once at the beginning of a text, the longest prompt first; experts then get what memory is left.
    func warmUp(_ tests: [BenchTest]) throws {
        var done: Set<String> = []
        let longestFirst = tests.sorted {
            ($0.phase == .prompt ? $0.tokens : 0) > ($1.phase == .prompt ? $1.tokens : 0)
        }
        for test in longestFirst.map({ BenchTest(phase: $0.phase, tokens: $0.tokens, depth: 0) })
        where done.insert(test.name).inserted { _ = try time(test) }
        session.useSpareMemory(after: tests.map(\.tokens).max() ?? 0)
    }

    /// Takes tokens through the layers until so many have passed.
    func reach(_ depth: Int) throws {
        // What a window saw there may be forgotten by now.
        if depth < self.depth { self.depth = 0 }
        if depth > self.depth {
            _ = try session.timed(
                tokens(depth - self.depth), at: self.depth, as: .prompt, isCancelled: { Interruption.isRequested })
        }
        self.depth = depth
    }

    func time(_ test: BenchTest) throws -> PassTiming {
        pace.show(test)
        let timing = try session.timed(
            tokens(test.tokens), at: test.depth, as: test.phase, isCancelled: { Interruption.isRequested })
        pace.finished(test, seconds: timing.seconds)
        return timing
    }

    private func tokens(_ count: Int) -> [Int] {
        (0..<count).map { _ in Int.random(in: 0..<vocabulary, using: &random) }
    }
}
