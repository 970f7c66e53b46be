/// What joins two hosts: bytes take their time, and then the latency.
package struct Link: Sendable, Equatable, CustomStringConvertible {
    /// Seconds between the last byte's departure and its arrival.
    package let latency: Double
    /// Bytes per second, in each direction.
    package let bandwidth: Double

    package init(latency: Double, bandwidth: Double) {
        precondition(latency >= 0 && bandwidth > 0, "a link of \(latency) s and \(bandwidth) bytes/s")
        self.latency = latency
        self.bandwidth = bandwidth
    }

    /// Reads bandwidth and latency as they are commonly written: `1Gb,50us`, `2.5GB,1ms`; `b` for bits, `B` for bytes.
    package init(_ text: String) throws(UnreadableLink) {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count == 2, let bandwidth = Self.number(parts[0], Self.bandwidths), bandwidth > 0,
            let latency = Self.number(parts[1], Self.times)
        else { throw UnreadableLink(text: text) }
        self.init(latency: latency, bandwidth: bandwidth)
    }

    /// Seconds that so many bytes are on their way.
    package func seconds(_ bytes: Int) -> Double { Double(bytes) / bandwidth + latency }

    package var description: String {
        let (rate, unit) = Self.scaled(bandwidth, Self.bandwidths.filter { $0.unit.hasSuffix("b") })
        let (time, timeUnit) = Self.scaled(latency, Self.times.filter { $0.unit != "µs" })
        return "\(rate)\(unit),\(time)\(timeUnit)"
    }

    private typealias Unit = (unit: String, size: Double)
    private static let bandwidths: [Unit] = [
        ("Tb", 125e9), ("Gb", 125e6), ("Mb", 125e3), ("Kb", 125), ("kb", 125),
        ("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("KB", 1e3), ("kB", 1e3),
    ]
    private static let times: [Unit] = [("ns", 1e-9), ("us", 1e-6), ("µs", 1e-6), ("ms", 1e-3), ("s", 1)]

    private static func number(_ text: Substring, _ units: [Unit]) -> Double? {
        guard let (unit, size) = units.first(where: { text.hasSuffix($0.unit) }),
            let number = Double(text.dropLast(unit.count)), number.isFinite, number >= 0
        else { return nil }
        return number * size
    }

    /// A number in the greatest unit that leaves it at least 1, without `.0`.
    private static func scaled(_ number: Double, _ units: [Unit]) -> (String, String) {
        let units = units.sorted { $0.size > $1.size }
        let (unit, size) = units.first { number >= $0.size * 0.9995 } ?? units[units.count - 1]
        let thousandths = (number / size * 1000).rounded()
        let whole = (thousandths / 1000).rounded(.towardZero)
        return (whole * 1000 == thousandths ? String(Int(whole)) : String(thousandths / 1000), unit)
    }
}

/// A link that was written in another way.
package struct UnreadableLink: Error, CustomStringConvertible {
    let text: String

    package var description: String {
        "“\(text)” is no link: it takes a bandwidth and a latency, such as 1Gb,50us or 10Gb,0.2ms"
    }
}

/// The links between ranks.
package struct Links: Sendable {
    private let link: @Sendable (_ from: Int, _ to: Int) -> Link?

    /// - Parameter link: what joins two ranks; nil where they need none.
    package init(_ link: @Sendable @escaping (_ from: Int, _ to: Int) -> Link?) { self.link = link }

    /// The same link between all hosts, and none within one.
    package init(_ link: Link, between hosts: Hosts) { self.init { hosts.share($0, $1) ? nil : link } }

    /// The same link between all ranks.
    package init(_ link: Link) { self.init { $0 == $1 ? nil : link } }

    package subscript(from: Int, to: Int) -> Link? { link(from, to) }
}
