import Profiling

/// How far timing has come, on the terminal: in expected seconds, of which nothing is known at first.
final class BenchPace {
    private let line = ProgressLine("Timing", amount: { "\($0 / 1000) s" })
    private let repetitions: [(test: BenchTest, count: Int)]
    private var done: [String: Int] = [:]
    /// Of a test's token, as it was found last.
    private var secondsPerToken: [String: Double] = [:]

    init(_ tests: [BenchTest], threads: Int, repetitions: Int) {
        self.repetitions = tests.map { ($0, threads * repetitions) }
    }

    func show(_ test: BenchTest) {
        let total = repetitions.reduce(0) { $0 + Double($1.count) * seconds($1.test) }
        let past = repetitions.reduce(0) { $0 + Double(min(done[$1.test.name] ?? 0, $1.count)) * seconds($1.test) }
        line.show(done: Int(1000 * past), of: max(1, Int(1000 * total)), note: test.name)
    }

    func finished(_ test: BenchTest, seconds: Double) {
        done[test.name, default: 0] += 1
        secondsPerToken[test.name] = seconds / Double(test.tokens)
        // What has passed behind nothing tells about the same behind something.
        secondsPerToken["\(test.phase)"] = secondsPerToken[test.name]
    }

    func clear() { line.clear() }

    private func seconds(_ test: BenchTest) -> Double {
        Double(test.tokens)
            * (secondsPerToken[test.name] ?? secondsPerToken["\(test.phase)"] ?? (test.phase == .prompt ? 0.001 : 0.02))
    }
}
