import Foundation

extension LayerExplanation {
    /// "512 tokens, imbalance 2.1: tiles, predicted 3.1 ms, measured 3.3 ms; experts 4.0; rows 3.4"
    ///
    /// A strategy that was not tried has its predicted time in parentheses.
    public var text: String {
        let taken = strategies.first { $0.name == chosen }
        let others = strategies.filter { $0.name != chosen }.map { strategy in
            if let seconds = strategy.measuredSeconds { return "\(strategy.name) \(Self.number(seconds))" }
            return strategy.predictedSeconds.map { "\(strategy.name) (\(Self.number($0)))" } ?? strategy.name
        }
        let own = [
            "\(chosen), predicted \(taken?.predictedSeconds.map(Self.time) ?? "nothing")",
            "measured \(taken?.measuredSeconds.map(Self.time) ?? "nothing, as experts came from the disk")",
        ]
        return "\(tokens) token\(tokens == 1 ? "" : "s"), imbalance \(String(format: "%.1f", imbalance)): "
            + ([own.joined(separator: ", ")] + others).joined(separator: "; ")
    }

    private static func time(_ seconds: Double) -> String { number(seconds) + " ms" }

    /// Milliseconds, with as many decimals as tell something.
    package static func number(_ seconds: Double) -> String {
        String(format: seconds < 1e-3 ? "%.3f" : seconds < 0.1 ? "%.2f" : "%.0f", 1000 * seconds)
    }
}

extension [LayerExplanation] {
    /// One line for each layer, the phases after each other.
    public var lines: [String] {
        Dictionary(grouping: self, by: \.place.layer).sorted { $0.key < $1.key }.map { layer, parts in
            "layer \(layer), "
                + parts.map { ($0.place.isShared ? "shared expert: " : "") + $0.text }
                .joined(separator: "; then ")
        }
    }
}
