import Profiling

/// What is timed: a prompt, or tokens one after another, behind so many others.
struct BenchTest {
    let phase: RoutingTraceEntry.Phase
    let tokens: Int
    let depth: Int

    /// As llama-bench calls it: `pp512`, `tg128 @ d4096`.
    var name: String { (phase == .prompt ? "pp" : "tg") + "\(tokens)" + (depth > 0 ? " @ d\(depth)" : "") }

    /// Positions that it needs.
    var positions: Int { depth + tokens }

    /// Of each depth the prompts, then the generations; none of no tokens.
    static func all(prompts: [Int], generations: [Int], depths: [Int]) -> [BenchTest] {
        depths.flatMap { depth in
            let kinds = prompts.map { ($0, RoutingTraceEntry.Phase.prompt) } + generations.map { ($0, .decode) }
            return kinds.filter { $0.0 > 0 }.map { BenchTest(phase: $0.1, tokens: $0.0, depth: depth) }
        }
    }
}
