/// Pictures made of letters.
enum Blocks {
    private static let eighths = Array(" ▏▎▍▌▋▊▉█")
    private static let levels = Array("▁▂▃▄▅▆▇█")

    /// A bar of as many columns as a share of the width.
    static func bar(_ share: Double, width: Int) -> String {
        let parts = Int((max(0, min(1, share.isFinite ? share : 0)) * Double(width * 8)).rounded())
        let rest = parts % 8 == 0 ? "" : String(eighths[parts % 8])
        return (String(repeating: "█", count: parts / 8) + rest).padded(width)
    }

    /// A column for each value, as high as it is between two others; a dot where there is none.
    static func curve(_ values: [Double], low: Double = 0, high: Double? = nil) -> String {
        let high = high ?? values.filter(\.isFinite).max() ?? 1
        return String(
            values.map { value in
                guard value.isFinite else { return "·" }
                let share = high > low ? (value - low) / (high - low) : 0
                return levels[Int(max(0, min(7, share * 8)))]
            })
    }

    /// One of eight heights for a load over the fair share, by the shades of the maps; nothing for an idle expert.
    static func load(_ ratio: Double) -> Character {
        guard ratio.isFinite, ratio > 0 else { return "·" }
        let shade = HeatMap.shade(ratio)
        return levels[max(0, min(7, shade + 3))]
    }
}

extension String {
    /// Without what would move a terminal's cursor or turn its letters around.
    package var printable: String {
        String(
            String.UnicodeScalarView(
                unicodeScalars.map { scalar in
                    switch scalar.properties.generalCategory {
                    case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: "?"
                    default: scalar
                    }
                }))
    }

    /// With spaces of one kind, which a line may not be broken at until then.
    var withPlainSpaces: String { replacing("\u{202F}", with: " ").replacing("\u{A0}", with: " ") }

    /// Columns of a terminal: wide letters and pictures take two.
    var columns: Int { reduce(0) { $0 + $1.columns } }

    /// At most so many columns; what is left out shows.
    func clippedToColumns(_ width: Int) -> String {
        guard columns > width else { return self }
        var (text, room) = ("", width - 1)
        for character in self {
            room -= character.columns
            if room < 0 { break }
            text.append(character)
        }
        return width > 0 ? text + "…" : ""
    }

    func padded(_ width: Int) -> String { self + String(repeating: " ", count: max(width - columns, 0)) }
    func indented(toEndAt width: Int) -> String { String(repeating: " ", count: max(width - columns, 0)) + self }

    /// Lines of at most so many columns, broken between words.
    func wrapped(_ width: Int) -> [String] {
        var lines: [String] = []
        for word in split(separator: " ") {
            let word = String(word).clippedToColumns(width)
            if let last = lines.last, last.columns + 1 + word.columns <= width {
                lines[lines.count - 1] += " " + word
            } else {
                lines.append(word)
            }
        }
        return lines
    }
}

extension Character {
    fileprivate var columns: Int {
        guard let first = unicodeScalars.first, first.value >= 0x300 else { return 1 }
        switch first.properties.generalCategory {
        case .nonspacingMark, .enclosingMark: return 0
        default: break
        }
        if unicodeScalars.contains(where: { $0.value == 0xFE0F || $0.properties.isEmojiPresentation }) { return 2 }
        let wide: [ClosedRange<UInt32>] = [
            0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
            0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD,
        ]
        return wide.contains { $0.contains(first.value) } ? 2 : 1
    }
}
