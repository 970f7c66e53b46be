extension Double {
    /// With a fixed number of decimals.
    package func fixed(_ decimals: Int) -> String {
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        guard isFinite, abs(self) * scale < 1e15 else { return "–" }
        let scaled = Int((abs(self) * scale).rounded())
        let sign = self < 0 && scaled > 0 ? "−" : ""
        guard decimals > 0 else { return sign + scaled.grouped }
        let digits = String(scaled)
        let padded = String(repeating: "0", count: max(decimals + 1 - digits.count, 0)) + digits
        return sign + (Int(padded.dropLast(decimals)) ?? 0).grouped + "." + padded.suffix(decimals)
    }

    /// With three digits that matter: 1.38, 12.4, 128.
    package var brief: String { abs(self) < 9.995 ? fixed(2) : abs(self) < 99.95 ? fixed(1) : fixed(0) }

    /// A share as percent, with as many decimals as small ones need.
    package var percent: String {
        let value = self * 100
        let decimals = value == 0 || abs(value) >= 9.95 ? 0 : abs(value) >= 0.095 ? 1 : 2
        return isFinite ? value.fixed(decimals) + "\u{202F}%" : "–"
    }

    /// A change, with its sign.
    package func change(_ text: (Double) -> String) -> String {
        guard isFinite else { return "–" }
        return (self < 0 ? "−" : "+") + text(abs(self))
    }

    /// A size in binary units.
    package var inBytes: String {
        var value = self
        for unit in ["bytes", "KiB", "MiB", "GiB"] {
            if abs(value) < 999.5 { return (unit == "bytes" ? value.fixed(0) : value.brief) + "\u{202F}" + unit }
            value /= 1024
        }
        return value.brief + "\u{202F}TiB"
    }

    /// A place in a drawing, to a tenth of a unit.
    var place: String {
        guard isFinite, abs(self) < 1e6 else { return "0" }
        let tenths = Int((self * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths < 0 ? "-" : "")\(abs(tenths) / 10).\(abs(tenths) % 10)"
    }
}

extension Int {
    /// With commas between thousands.
    package var grouped: String {
        let digits = Array(String(magnitude))
        let groups = stride(from: digits.count, to: 0, by: -3).map { String(digits[Swift.max(0, $0 - 3)..<$0]) }
        return (self < 0 ? "−" : "") + groups.reversed().joined(separator: ",")
    }

    /// With its noun: 1 expert, 2 experts.
    package func counted(_ noun: String) -> String { "\(grouped)\u{00A0}\(noun)\(self == 1 ? "" : "s")" }
}

extension String {
    /// At most so many characters; what is left out shows.
    package func clipped(_ count: Int) -> String {
        self.count > count ? prefix(Swift.max(count - 1, 0)) + "…" : self
    }

    /// As the beginning of a sentence.
    var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}

extension [Double] {
    /// The value below which a share of the sorted values lies; NaN without any.
    func quantile(_ share: Double) -> Double { isEmpty ? .nan : percentile(100 * share) }

    /// Nil when there are none.
    package var median: Double? { isEmpty ? nil : sorted().quantile(0.5) }

    var mean: Double { isEmpty ? .nan : reduce(0, +) / Double(count) }
}
