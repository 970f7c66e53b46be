import Foundation
import Mixture
import Testing

/// Times solvers on scores from a file, for Benchmarks/training/auction.py; otherwise it is not run.
@Suite struct AuctionMeasurement {
    private static let environment = ProcessInfo.processInfo.environment

    /// The file: f32, `[experts, tokens]`. Prints seconds and the sum of the scores.
    @Test(.enabled(if: environment["OFFSTAGE_SCORES"] != nil)) func `time the solvers on a file of scores`() throws {
        let path = try #require(Self.environment["OFFSTAGE_SCORES"])
        let experts = try #require(Self.environment["OFFSTAGE_EXPERTS"].flatMap(Int.init))
        let numbers = try Data(contentsOf: URL(filePath: path)).withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
        let tokens = numbers.count / experts
        let scores = (0..<experts).map { Array(numbers[$0 * tokens..<($0 + 1) * tokens]) }
        for solver in BalancedSolver.allCases {
            var solution: [Int] = []
            let times = (0..<5).map { _ in ContinuousClock().measure { solution = solver.solve(scores) } }
            let total = solution.enumerated().reduce(0.0) { $0 + Double(scores[$1.element][$1.offset]) }
            let most = (0..<experts).map { expert in solution.count { $0 == expert } }.max() ?? 0
            let seconds = (times.min() ?? .zero) / .seconds(1)
            print("measured \(solver.rawValue) seconds \(seconds) total \(total) most \(most)")
        }
    }
}
