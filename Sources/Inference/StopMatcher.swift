/// Holds back the end of a text while it may still become a stop string.
package struct StopMatcher {
    private let stops: [[UInt8]]
    private var held: [UInt8] = []

    package init(_ stops: [String]) { self.stops = stops.map { Array($0.utf8) }.filter { !$0.isEmpty } }

    /// Adds text; returns what can be printed now, and whether a stop string was met (it and all after it is dropped).
    package mutating func feed(_ text: String) -> (text: String, stopped: Bool) {
        held.append(contentsOf: text.utf8)
        if let start = firstStop() { return (take(start), true) }
        let longest = stops.map(overlap).max() ?? 0
        return (take(held.count - longest), false)
    }

    /// What is left when the text ends by itself.
    package mutating func finish() -> String { take(held.count) }

    private func firstStop() -> Int? {
        stops.compactMap { stop in
            held.indices.first { held[$0...].starts(with: stop) }
        }.min()
    }

    /// Bytes at the end of the text that are the beginning of `stop`.
    private func overlap(_ stop: [UInt8]) -> Int {
        (0..<stop.count).last { held.suffix($0).elementsEqual(stop.prefix($0)) && $0 <= held.count } ?? 0
    }

    private mutating func take(_ count: Int) -> String {
        defer { held.removeFirst(count) }
        return String(decoding: held.prefix(count), as: UTF8.self)
    }
}
