/// Adds up how long each part of the work took. There is always one part under way.
package final class PartClock {
    package enum Part: String, Codable, Sendable, CaseIterable {
        case data, attention, routing, experts, output, optimizer, validation, checkpoint, other
    }

    /// Seconds of each part that is over.
    package private(set) var seconds = [Part: Double]()
    private var part = Part.other
    private var isHeld = false
    private var start = ContinuousClock.now

    package init() {}

    /// All that `body` does counts as one part.
    package func hold<Result, Failure: Error>(
        _ part: Part, _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        enter(part)
        isHeld = true
        defer {
            isHeld = false
            enter(.other)
        }
        return try body()
    }

    /// The part under way ends and another begins.
    package func enter(_ next: Part) {
        guard !isHeld else { return }
        let now = ContinuousClock.now
        seconds[part, default: 0] += (now - start) / .seconds(1)
        part = next
        start = now
    }
}
