/// A page that needs nothing from elsewhere: no network, no scripts; light and dark, and fit to be printed.
package struct HTMLPage: Sendable {
    package var title: String
    /// Elements, one after another.
    package var body: [String]

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
        <title>\(title.escapedForHTML)</title>
        <style>
        \(Self.style)
        </style>
        </head>
        <body>
        <main>
        <h1>\(title.escapedForHTML)</h1>
        \(body.joined(separator: "\n"))
        </main>
        </body>
        </html>

        """
    }

    /// A table whose first column names the rows.
    package static func table(caption: String, head: [String], rows: [[String]]) -> String {
        let header = head.map { "<th scope=\"col\">\($0.escapedForHTML)</th>" }.joined()
        let lines = rows.map { row in
            let cells = row.dropFirst().map { "<td>\($0.escapedForHTML)</td>" }.joined()
            return "<tr><th scope=\"row\">\((row.first ?? "").escapedForHTML)</th>\(cells)</tr>"
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

    private static let style = """
        :root { color-scheme: light dark; --ink: #1b1b1b; --paper: #fdfdfc; --faint: #d8d8d4;
          --c0: #0072b2; --c1: #d55e00; --c2: #009e73; --c3: #cc79a7; --c4: #56b4e9; --c5: #b8860b; --c6: #000000; --c7: #7a5195; }
        @media (prefers-color-scheme: dark) { :root { --ink: #e8e6e3; --paper: #17181a; --faint: #3a3b3f;
          --c0: #56b4e9; --c1: #ff9e57; --c2: #2fd0a0; --c3: #e7a6cc; --c4: #8fd0ff; --c5: #f0e442; --c6: #ffffff; --c7: #b79be0; } }
        body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
        main { max-width: 60rem; margin: 0 auto; padding: 1rem; }
        h1 { font-size: 1.5rem; }
        figure { margin: 2rem 0; }
        figcaption, caption { font-weight: 600; text-align: left; margin-bottom: .5rem; }
        svg { width: 100%; height: auto; font-size: 12px; fill: var(--ink); }
        .grid { stroke: var(--faint); }
        .curve { fill: none; stroke-width: 2; }
        .legend { list-style: none; display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; padding: 0; margin: .5rem 0 0; }
        .legend svg { width: 28px; height: 8px; margin-right: .5rem; vertical-align: middle; }
        .wide { overflow-x: auto; }
        table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
        th, td { padding: .25rem .75rem; text-align: right; border-bottom: 1px solid var(--faint); white-space: nowrap; }
        th[scope=row], th:first-child { text-align: left; }
        .color0 { stroke: var(--c0) } .color1 { stroke: var(--c1) } .color2 { stroke: var(--c2) } .color3 { stroke: var(--c3) }
        .color4 { stroke: var(--c4) } .color5 { stroke: var(--c5) } .color6 { stroke: var(--c6) } .color7 { stroke: var(--c7) }
        @media print { main { max-width: none } figure { break-inside: avoid } }
        """
}

extension String {
    /// With what HTML takes for its own replaced.
    package var escapedForHTML: String {
        replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;")
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
