/// A page that needs nothing from elsewhere: no network, no scripts; light and dark, and fit to be printed.
package struct HTMLPage: Sendable {
    package struct Section: Sendable {
        /// The name of the place in the page.
        var id: String
        var title: String
        /// Elements, one after another.
        var body: [String]
    }

    package var title: String
    /// Elements, one after another.
    package var body: [String]
    /// What comes after them, listed beside the page.
    var sections: [Section] = []

    package init(title: String, body: [String]) {
        self.title = title
        self.body = body
    }

    package var text: String {
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <link rel="icon" href="data:,">
        <title>\(title.escapedForHTML)</title>
        <style>
        \(Self.style)
        </style>
        </head>
        <body\(sections.isEmpty ? "" : " class=\"listed\"")>
        \(contents)
        <main id="content" tabindex="-1">
        <h1>\(title.escapedForHTML)</h1>
        \((body + sections.map(\.html)).joined(separator: "\n"))
        </main>
        </body>
        </html>

        """
    }

    private var contents: String {
        guard !sections.isEmpty else { return "" }
        let places = sections.map { "<li><a href=\"#\($0.id)\">\($0.title.escapedForHTML)</a></li>" }
        return """
            <a class="skip" href="#content">Skip to the report</a>
            <nav aria-label="Sections"><ol>\(places.joined())</ol></nav>
            """
    }

    /// What stands in a table, with what is said of it in smaller letters.
    struct Cell: Sendable {
        var text: String
        var note = ""

        init(_ text: String) { self.text = text }

        init(_ value: Double, _ interval: Interval?, _ number: (Double) -> String = { $0.brief }) {
            text = number(value)
            note = interval.note(number)
        }
    }

    package static func table(caption: String, head: [String], rows: [[String]]) -> String {
        table(caption: caption, head: head, cells: rows.map { $0.map(Cell.init) })
    }

    /// A table whose first column names the rows.
    static func table(caption: String, head: [String], cells: [[Cell]]) -> String {
        let caption = caption + (cells.joined().contains { !$0.note.isEmpty } ? " (with 95 % confidence)" : "")
        let header = head.map { "<th scope=\"col\">\($0.escapedForHTML)</th>" }.joined()
        let lines = cells.map { row in
            let cells = row.dropFirst().map { "<td>\($0.html)</td>" }.joined()
            return "<tr><th scope=\"row\">\(row.first?.html ?? "")</th>\(cells)</tr>"
        }
        return """
            <div class="wide" tabindex="0" role="region" aria-label="\(caption.escapedForHTML)">
            <table><caption>\(caption.escapedForHTML)</caption>
            <thead><tr>\(header)</tr></thead>
            <tbody>
            \(lines.joined(separator: "\n"))
            </tbody></table>
            </div>
            """
    }

    package static func paragraph(_ text: String) -> String { "<p>\(text.escapedForHTML)</p>" }
}

extension HTMLPage.Cell {
    fileprivate var html: String { text.escapedForHTML + (note.isEmpty ? "" : "<small>\(note.escapedForHTML)</small>") }
}

extension HTMLPage.Section {
    fileprivate var html: String {
        """
        <section id="\(id)" aria-labelledby="\(id)-title">
        <h2 id="\(id)-title">\(title.escapedForHTML)</h2>
        \(body.joined(separator: "\n"))
        </section>
        """
    }
}

extension String {
    /// With what HTML takes for its own replaced, and without characters that it does not allow.
    package var escapedForHTML: String {
        // All that is not ASCII and does not belong in a page begins with one of two bytes.
        guard utf8.contains(where: { $0 < 32 || [127, 0xC2, 0xE2].contains($0) || "&<>\"'".utf8.contains($0) }) else {
            return self
        }
        var text = ""
        for character in unicodeScalars {
            switch character {
            case "&": text += "&amp;"
            case "<": text += "&lt;"
            case ">": text += "&gt;"
            case "\"": text += "&quot;"
            case "'": text += "&#39;"
            case "\n", "\t": text += " "
            case "\u{0}"..<" ", "\u{7F}"..."\u{9F}": text += "\u{FFFD}"
            // These turn the order of what follows around.
            case "\u{202A}"..."\u{202E}", "\u{2066}"..."\u{2069}": text += "\u{FFFD}"
            default: text.unicodeScalars.append(character)
            }
        }
        return text
    }
}

extension Double {
    /// With at most four significant digits.
    package var short: String {
        guard isFinite else { return "–" }
        guard self != 0 else { return "0" }
        var scale = 1.0
        while abs(self) * scale < 1000, scale < 1e6 { scale *= 10 }
        let value = (self * scale).rounded() / scale
        return value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
    }
}
