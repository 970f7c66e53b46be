/// Classes of characters as a set of bits: general categories, with white space among the control characters and Han
/// among the others apart.
struct ScalarClasses: OptionSet, Sendable, Hashable {
    let rawValue: UInt64

    static let all = ScalarClasses(rawValue: (1 << UInt64(UnicodeData.classNames.count)) - 1)
    static let whiteSpace = named { $0.hasPrefix("Z") || $0.hasSuffix(" White_Space") }
    static let decimalDigit = named { $0.hasPrefix("Nd") }
    /// What words consist of: letters, marks, digits and connectors.
    static let word = named { "LM".contains($0.prefix(1)) || ["Nd", "Nl", "Pc"].contains($0.prefix(2)) }

    /// The classes of a property as regular expressions name it (`L`, `Lu`, `Han`); nil for one that is not known.
    init?(property: String) {
        let known = Self.named { name in
            property == "Han" ? name.hasSuffix(" Han") : name.prefix(2) == property || name.prefix(1) == property
        }
        guard !known.isEmpty else { return nil }
        self = known
    }

    init(rawValue: UInt64) { self.rawValue = rawValue }

    private static func named(_ isMember: (String) -> Bool) -> ScalarClasses {
        var bits: UInt64 = 0
        for (index, name) in UnicodeData.classNames.enumerated() where isMember(name) { bits |= 1 << UInt64(index) }
        return ScalarClasses(rawValue: bits)
    }
}

/// The class of every character, as an index into ``UnicodeData/classNames``: pages of 256 characters, equal ones once.
struct ScalarTable: Sendable {
    let pages: [UInt16]
    let classes: [UInt8]

    static let shared = ScalarTable(runs: UnicodeData.classRuns, letters: UnicodeData.classLetters)

    subscript(scalar: UInt32) -> UInt8 {
        classes[Int(pages[Int(scalar >> 8)]) << 8 | Int(scalar & 0xFF)]
    }

    private init(runs: String, letters: String) {
        var pages: [UInt16] = []
        var classes: [UInt8] = []
        var known: [[UInt8]: UInt16] = [:]
        var page: [UInt8] = []
        func finishPage() {
            if known[page] == nil {
                known[page] = UInt16(classes.count >> 8)
                classes += page
            }
            pages.append(known[page] ?? 0)
            page.removeAll(keepingCapacity: true)
        }
        for (letter, length) in Self.parsed(runs) {
            guard let index = letters.utf8.firstIndex(of: letter) else { continue }
            let kind = UInt8(letters.utf8.distance(from: letters.startIndex, to: index))
            var rest = length
            while rest > 0 {
                let count = min(rest, 256 - page.count)
                page += repeatElement(kind, count: count)
                rest -= count
                if page.count == 256 { finishPage() }
            }
        }
        precondition(pages.count == 0x1100, "the table of characters covers \(pages.count) pages")
        (self.pages, self.classes) = (pages, classes)
    }

    private static func parsed(_ runs: String) -> [(letter: UInt8, length: Int)] {
        var parsed: [(letter: UInt8, length: Int)] = []
        var digits = 0
        for byte in runs.utf8 {
            if let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte > 0x5A || byte < 0x3A {
                digits = digits << 4 | digit
                parsed[parsed.count - 1].length = digits
            } else {
                parsed.append((byte, 1))
                digits = 0
            }
        }
        return parsed
    }
}
