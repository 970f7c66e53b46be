import Foundation

/// A report as a screen of a terminal: what matters first, in its first line.
package struct ReportText: Sendable {
    let report: RoutingReport
    let other: RoutingReport?
    /// 60 to 120 columns, whatever the terminal has.
    package let width: Int
    let usesColor: Bool

    package init(_ report: RoutingReport, against other: RoutingReport? = nil, width: Int, usesColor: Bool) {
        self.report = report
        self.other = other
        self.width = min(120, max(60, width))
        self.usesColor = usesColor
    }

    package var text: String { lines.joined(separator: "\n") + "\n" }

    /// None is wider than ``width``.
    package var lines: [String] {
        let blocks = [findings, about, comparison, load, layers, measures, cache, next]
        return blocks.filter { !$0.isEmpty }.joined(separator: [""]).map(\.withPlainSpaces)
    }

    // MARK: Findings

    private var findings: [String] {
        guard !report.findings.isEmpty else { return paragraph(report.verdict, style: .strong) }
        let shown = report.findings.prefix(3).flatMap(lines)
        let rest = report.findings.count - 3
        return shown + (rest > 0 ? paint(indented("\(rest) more in the report as a page or as JSON"), .soft) : [])
    }

    private func lines(of finding: Finding) -> [String] {
        let (sign, style): (String, Style) =
            switch finding.severity {
            case .alarm: ("!", .alarm)
            case .notice: ("»", .notice)
            case .fine: ("✓", .fine)
            }
        let headline = wrap(finding.headline, width - 2).enumerated().map { ($0 == 0 ? sign + " " : "  ") + $1 }
        return paint(headline, style) + detail(finding)
    }

    /// As many sentences as fit into two lines.
    private func detail(_ finding: Finding) -> [String] {
        var shown = indented(finding.detail)
        var sentences = finding.detail.components(separatedBy: ". ")
        while shown.count > 2, sentences.count > 1 {
            sentences.removeLast()
            shown = indented(sentences.joined(separator: ". ") + ".")
        }
        return shown
    }

    private var about: [String] {
        let source = report.source
        let parts = [
            source.model.clippedToColumns(40), source.kind.clippedToColumns(30), source.tokens.counted("token"),
            source.layers.counted("layer"),
            "\(source.experts.counted("expert")), top \(source.topK)",
        ]
        return paragraph(parts.filter { !$0.isEmpty }.joined(separator: " · "), style: .strong)
    }

    private var next: [String] {
        let layer = report.worstLayer.map { "layer \($0.layer.clipped(16)) (max/mean \($0.maxOverMean.brief)); " } ?? ""
        return paragraph("Look next: \(layer)--html FILE draws all of this, --json has every number", style: .soft)
    }

    // MARK: Against another

    private var comparison: [String] {
        guard let other else { return [] }
        let names = ReportPage(report, against: other).names.map { plain($0).clippedToColumns(16) }
        let measures: [(String, (RoutingReport) -> Double)] = [
            ("max/mean, median layer", { $0.layers.map(\.maxOverMean).sorted().quantile(0.5) }),
            ("max/mean, worst layer", { $0.worstLayer?.maxOverMean ?? .nan }),
            ("coefficient of variation", { $0.layers.map(\.cv).mean }), ("Gini", { $0.layers.map(\.gini).mean }),
            ("normalized entropy", { $0.layers.map(\.entropy).mean }),
            ("effective experts", { $0.layers.map(\.effectiveExperts).mean }),
            ("idle experts", { Double($0.layers.reduce(0) { $0 + $1.deadExperts }) }),
        ]
        let rows = measures.map { name, value in
            let values = [value(report), value(other)]
            return [name, values[0].brief, values[1].brief, (values[0] - values[1]).change(\.brief)]
        }
        return table([["against"] + names + ["difference"]] + rows)
    }

    // MARK: Parts of lines

    enum Style: String {
        case strong = "1"
        case soft = "2"
        case alarm = "1;33"
        case notice = "1;36"
        case fine = "32"
        case plain = "0"
    }

    func paint(_ text: String, _ style: Style) -> String {
        usesColor && style != .plain ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
    }

    func paint(_ lines: [String], _ style: Style) -> [String] { lines.map { paint($0, style) } }

    /// With nothing that a terminal would obey.
    func plain(_ text: String) -> String { text.printable }

    func wrap(_ text: String, _ width: Int) -> [String] { plain(text).wrapped(width) }
    func indented(_ text: String) -> [String] { wrap(text, width - 2).map { "  " + $0 } }
    func paragraph(_ text: String, style: Style = .plain) -> [String] { paint(wrap(text, width), style) }

    /// Rows of cells as wide as their columns need; the last columns go where all would be too wide.
    func table(_ rows: [[String]]) -> [String] {
        let cells = rows.map { $0.map(plain) }
        var widths = (cells.first ?? []).indices.map { column in
            cells.map { column < $0.count ? $0[column].columns : 0 }.max() ?? 0
        }
        while widths.count > 2, widths.reduce(0, +) + 2 * (widths.count - 1) > width { widths.removeLast() }
        return cells.enumerated().map { place, row in
            let line = zip(row, widths).enumerated().map { column, cell in
                column == 0 ? cell.0.padded(cell.1) : cell.0.indented(toEndAt: cell.1)
            }.joined(separator: "  ").clippedToColumns(width)
            return place == 0 ? paint(line, .soft) : line
        }
    }
}
