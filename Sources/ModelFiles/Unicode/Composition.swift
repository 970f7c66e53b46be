/// Unicode's normalization form C: characters decomposed, marks put in order, and composed again (Unicode Standard Annex 15).
struct Composition: Sendable {
    private struct Pair: Hashable {
        let first: UInt32
        let second: UInt32
    }

    private var combining: [UInt32: UInt8] = [:]
    private var decompositions: [UInt32: [UInt32]] = [:]
    private var compositions: [Pair: UInt32] = [:]

    static let shared = Composition()

    /// Characters below this one are composed, and nothing is composed with them.
    private static let firstMark: UInt32 = 0x300
    private static let (syllables, leads, vowels, tails) = (
        UInt32(0xAC00)..<0xD7A4, UInt32(0x1100)..<0x1113, UInt32(0x1161)..<0x1176, UInt32(0x11A7)..<0x11C3
    )

    private init() {
        for run in UnicodeData.combiningRuns.split(separator: " ") {
            let numbers = Self.numbers(run)
            for value in numbers[0]..<numbers[0] + numbers[1] { combining[value] = UInt8(numbers[2]) }
        }
        for entry in UnicodeData.decompositions.split(separator: " ") {
            let isComposed = entry.last != "!"
            let numbers = Self.numbers(isComposed ? entry : entry.dropLast())
            decompositions[numbers[0]] = Array(numbers.dropFirst())
            if isComposed { compositions[Pair(first: numbers[1], second: numbers[2])] = numbers[0] }
        }
    }

    private static func numbers(_ text: Substring) -> [UInt32] {
        text.split(separator: ",").compactMap { UInt32($0, radix: 16) }
    }

    /// The text in form C.
    func composed(_ text: [UInt8]) -> [UInt8] {
        guard text.contains(where: { $0 >= 0xCC }) else { return text }  // U+0300 begins with this byte
        let scalars = String(decoding: text, as: UTF8.self).unicodeScalars
        guard scalars.contains(where: { $0.value >= Self.firstMark }) else { return text }
        var values: [UInt32] = []
        values.reserveCapacity(text.count)
        for scalar in scalars { decompose(scalar.value, into: &values) }
        order(&values)
        var composed = String.UnicodeScalarView()
        for value in compose(values) { composed.append(Unicode.Scalar(value) ?? "\u{FFFD}") }
        return Array(String(composed).utf8)
    }

    private func decompose(_ value: UInt32, into values: inout [UInt32]) {
        if value < 0xC0 {
            values.append(value)
        } else if Self.syllables.contains(value) {
            let index = value - Self.syllables.lowerBound
            values += [Self.leads.lowerBound + index / 588, Self.vowels.lowerBound + index % 588 / 28]
            if index % 28 > 0 { values.append(Self.tails.lowerBound + index % 28) }
        } else if let parts = decompositions[value] {
            for part in parts { decompose(part, into: &values) }
        } else {
            values.append(value)
        }
    }

    /// Sorts the marks that follow a character, those of one class in the order in which they come.
    private func order(_ values: inout [UInt32]) {
        var start = 0
        while start < values.count {
            guard combining[values[start]] != nil else {
                start += 1
                continue
            }
            var end = start + 1
            while end < values.count, combining[values[end]] != nil { end += 1 }
            let marks = values[start..<end].enumerated().sorted {
                (combining[$0.element] ?? 0, $0.offset) < (combining[$1.element] ?? 0, $1.offset)
            }
            values.replaceSubrange(start..<end, with: marks.map(\.element))
            start = end
        }
    }

    private func compose(_ values: [UInt32]) -> [UInt32] {
        var composed: [UInt32] = []
        var starter: Int?
        var before: UInt8 = 0
        for value in values {
            let kind = combining[value] ?? 0
            if let starter, before < kind || before == 0 && starter == composed.count - 1,
                let joined = joined(composed[starter], value)
            {
                composed[starter] = joined
                continue
            }
            composed.append(value)
            if kind == 0 { starter = composed.count - 1 }
            before = kind
        }
        return composed
    }

    private func joined(_ first: UInt32, _ second: UInt32) -> UInt32? {
        if Self.leads.contains(first), Self.vowels.contains(second) {
            let lead = first - Self.leads.lowerBound
            return Self.syllables.lowerBound + (lead * 21 + second - Self.vowels.lowerBound) * 28
        }
        if Self.syllables.contains(first), (first - Self.syllables.lowerBound) % 28 == 0,
            Self.tails.dropFirst().contains(second)
        {
            return first + second - Self.tails.lowerBound
        }
        return compositions[Pair(first: first, second: second)]
    }
}
