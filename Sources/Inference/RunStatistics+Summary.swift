import Foundation
import Tensors

extension RunStatistics {
    /// One line for the person who waited: speed, hits, bytes, waiting, memory.
    public var summary: String {
        [
            rate("prompt", tokens: promptTokens, perSecond: prefillTokensPerSecond),
            generatedTokens > 0 ? rate("decode", tokens: generatedTokens, perSecond: decodeTokensPerSecond) : nil,
            "experts \(expertSlots) of \(expertCount) in memory, \(percent(hitRate)) hits",
            "read \(formatted(bytes: bytesRead))"
                + (bytesRead > 0 ? " at \(formatted(bytes: Int(diskBytesPerSecond)))/s" : ""),
            String(format: "waited %.2f s for the disk", waitSeconds),
            "peak memory \(formatted(bytes: peakMemoryBytes)) of \(formatted(bytes: ramBudgetBytes))",
            keyValueFormat.isExact ? nil : "keys and values rounded to \(keyValueFormat)",
        ].compactMap(\.self).joined(separator: " · ")
    }

    private func rate(_ name: String, tokens: Int, perSecond: Double) -> String {
        "\(name) \(tokens) tokens" + (perSecond > 0 ? String(format: " at %.1f/s", perSecond) : "")
    }

    private func percent(_ share: Double) -> String { "\(Int((100 * share).rounded(.down))) %" }
}
