import Foundation
import Inference

/// One line on the terminal that shows how far long work has come, how fast, and how long it will take.
final class ProgressLine {
    private let title: String
    private let amount: (Int) -> String
    private let start = ContinuousClock.now
    private var lastShown: ContinuousClock.Instant?
    private var firstDone: Int?

    /// - Parameter amount: writes how much has been done, as in `1.2 GiB`.
    init(_ title: String, amount: @escaping (Int) -> String = formatted(bytes:)) {
        self.title = title
        self.amount = amount
    }

    /// What goes wrong is said on a line of its own.
    deinit { clear() }

    /// Shows progress, only on a terminal, at most ten times a second, and nothing of what is done at once.
    ///
    /// - Parameter note: what is to be said beside, instead of the rate.
    func show(done: Int, of total: Int, note: String? = nil) {
        guard Terminal.showsProgress, total > 0 else { return }
        let now = ContinuousClock.now
        // Resumed work starts above zero; the rate counts only what this run did.
        let first = firstDone ?? done
        firstDone = first
        guard now - (lastShown ?? start + .milliseconds(400)) >= .milliseconds(100) else { return }
        lastShown = now
        let seconds = max((now - start) / .seconds(1), 1e-3)
        let rate = Double(done - first) / seconds
        let left = rate > 0 ? Int(Double(total - done) / rate) : 0
        let percent = Int(100 * Double(done) / Double(total))
        draw(
            "\(title) \(percent) %  \(amount(done)) of \(amount(total)), \(note ?? amount(Int(rate)) + "/s"), "
                + "\(left / 60):\(left % 60 < 10 ? "0" : "")\(left % 60) left")
    }

    /// Takes the line away.
    func clear() {
        if lastShown != nil { draw("") }
        lastShown = nil
    }

    private func draw(_ line: Message) {
        Terminal.draw("\r\u{1B}[K\(line.text)")
    }
}
