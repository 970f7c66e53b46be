import Foundation
import Tensors

extension RunStatistics {
    /// One line for the person who waited: speed, hits, bytes, waiting, memory. Of several ranks a line for each follows.
    public var summary: String {
        let own =
            ranks == nil
            ? [
                experts(expertSlots, of: expertCount, hits: expertHits, misses: expertMisses),
                "read \(formatted(bytes: bytesRead))"
                    + (bytesRead > 0 ? " at \(formatted(bytes: Int(diskBytesPerSecond)))/s" : ""),
            ] + places(waitSeconds, peakMemoryBytes, ramBudgetBytes) : []
        let line =
            [
                rate("prompt", tokens: promptTokens, perSecond: prefillTokensPerSecond),
                generatedTokens > 0 ? rate("decode", tokens: generatedTokens, perSecond: decodeTokensPerSecond) : nil,
            ].compactMap(\.self) + own
            + (keyValueFormat.isExact ? [] : ["keys and values rounded to \(keyValueFormat)"])
        return ([line] + (ranks ?? []).map(words)).map { $0.joined(separator: " · ") }.joined(separator: "\n")
    }

    private func words(_ rank: RankStatistics) -> [String] {
        let experts = experts(
            rank.expertSlots, of: rank.expertCount, hits: rank.expertHits, misses: rank.expertMisses)
        return ["rank \(rank.rank): " + experts]
            + ["read \(formatted(bytes: rank.bytesRead))"]
            + places(rank.waitSeconds, rank.peakMemoryBytes, rank.ramBudgetBytes)
            + [String(format: "%.2f s for the other ranks", rank.exchangeSeconds)]
    }

    private func experts(_ slots: Int, of count: Int, hits: Int, misses: Int) -> String {
        let share = hits + misses > 0 ? Double(hits) / Double(hits + misses) : 0
        return "experts \(slots) of \(count) in memory, \(percent(share)) hits"
    }

    private func places(_ wait: Double, _ peak: Int, _ budget: Int) -> [String] {
        [
            String(format: "waited %.2f s for the disk", wait),
            "peak memory \(formatted(bytes: peak)) of \(formatted(bytes: budget))",
        ]
    }

    private func rate(_ name: String, tokens: Int, perSecond: Double) -> String {
        "\(name) \(tokens) tokens" + (perSecond > 0 ? String(format: " at %.1f/s", perSecond) : "")
    }

    private func percent(_ share: Double) -> String { "\(Int((100 * share).rounded(.down))) %" }
}
