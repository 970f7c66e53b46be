import Foundation
import Profiling

/// The balance of a model at work: a panel on a terminal that has room for it, lines of JSON on standard error for anybody
/// who is no terminal.
final class LiveView {
    /// What is seen at one moment.
    struct Reading: Encodable {
        struct Layer: Encodable {
            var layer: Int
            /// Visits of every expert, of late.
            var load: [Int]
            var maxOverMean: Double
            var effectiveExperts: Double
        }

        /// Tokens that have passed, or steps that are done.
        var tokens: Int?
        var step: Int?
        var loss: Double?
        var layers: [Layer]

        init(tokens: Int? = nil, step: Int? = nil, loss: Double? = nil, loads: [[Int]], topK: Int) {
            self.tokens = tokens
            self.step = step
            self.loss = loss
            layers = loads.enumerated().map { layer, load in
                let balance = LoadBalance(loads: load, topK: topK)
                return Layer(
                    layer: layer, load: load, maxOverMean: balance.maxOverMean,
                    effectiveExperts: balance.effectiveExperts)
            }
        }
    }

    private let panel: LivePanel?
    private var lastShown: ContinuousClock.Instant?

    init(layers: Int) { panel = LivePanel(lines: layers + 2) }

    deinit { end() }

    /// Whether it is time for another reading: ten a second are drawn, two a second printed, and one as soon as the
    /// terminal has been resized.
    var isDue: Bool {
        guard let lastShown, panel?.isOutgrown != true else { return true }
        return ContinuousClock.now - lastShown >= .milliseconds(panel == nil ? 500 : 100)
    }

    /// - Parameter title: the panel's first line.
    func show(_ reading: Reading, title: String) {
        lastShown = .now
        if let panel {
            panel.fit()
            if panel.capacity > 0 { panel.show(lines(of: reading, title, on: panel)) }
        } else if !Terminal.showsProgress {
            print(reading)
        }
    }

    func end() {
        if panel != nil { LivePanel.close() }
    }

    private func print(_ reading: Reading) {
        guard let line = try? Terminal.encoded(reading) else { return }
        Terminal.draw(String(decoding: line, as: UTF8.self) + "\n")
    }

    private func lines(of reading: Reading, _ title: String, on panel: LivePanel) -> [String] {
        let seen = panel.capacity - 2
        // Where not all layers have room, those most uneven are seen.
        let uneven = reading.layers.sorted { $0.maxOverMean > $1.maxOverMean }.prefix(seen).map(\.layer)
        let shown = reading.layers.filter { uneven.contains($0.layer) }
        let hidden = reading.layers.count - shown.count
        let head = String(repeating: "─", count: panel.width)
        return [head, title + (hidden > 0 ? " · the \(shown.count) most uneven layers" : "")]
            + shown.map { layer in
                let numbers =
                    " max/mean \(layer.maxOverMean.rounded(2)) · \(layer.effectiveExperts.rounded(1)) effective"
                let name = "layer \(layer.layer) ".padding(toLength: 10, withPad: " ", startingAt: 0)
                return name + LoadBars(layer.load, width: panel.width - name.count - numbers.count).text + numbers
            }
    }
}
