/// Which of a few kinds has each place of a grid, and how clearly: a sign on a shade, and a number where there is room.
struct KindMap: Sendable {
    struct Cell: Sendable {
        /// The number of the kind.
        var kind: Int
        /// 0 where another might as well have it, up to 3.
        var clarity: Int
        /// A few letters.
        var text = ""
        /// What is said when one points at it.
        var hint = ""
    }

    var kinds: [String]
    var rows: [String]
    var columns: [String]
    /// `[rows][columns]`; nil: left empty.
    var cells: [[Cell?]]
    var rowName: String
    var columnName: String

    private var left: Double { 18 + 10 * Double(max(3, min(12, rows.map(\.count).max() ?? 0))) }
    private let right = 8.0
    private var cellWidth: Double { (Drawing.width - left - right) / Double(max(columns.count, 1)) }
    private var cellHeight: Double { min(44, max(isWide ? 20 : 12, 640 / Double(max(rows.count, 1)))) }
    /// Letters stand under the sign, or behind it where cells are wide.
    private var isWide: Bool { cellWidth >= 180 }
    private var saysTexts: Bool { isWide || cellWidth >= 39 && cellHeight >= 40 }

    var drawing: Drawing {
        Drawing(
            height: Double(rows.count) * cellHeight + 26, marks: marks + labels, alternative: alternative,
            xLabel: columnName)
    }

    var legend: String {
        Legend(entries: kinds.indices.map { (.dot($0, Self.color($0)), kinds[$0]) }).html
    }

    private static func color(_ kind: Int) -> String { "color\(kind % LineChart.colors)" }

    /// How many places each kind has.
    private var alternative: String {
        let all = cells.joined().compactMap { $0 }
        let counts = kinds.indices.map { kind in (kind, all.count { $0.kind == kind }) }.filter { $0.1 > 0 }
        let said = counts.sorted { $0.1 > $1.1 }.map { "\(kinds[$0]) in \($1)" }
        return "\(rows.count) rows (\(rowName)), \(columns.count) columns (\(columnName)): "
            + (said.isEmpty ? "0 are known." : said.joined(separator: ", ") + ".")
    }

    private var marks: [String] {
        rows.indices.flatMap { row in
            columns.indices.compactMap { column in cells[row][column].map { mark($0, row, column) } }
        }
    }

    private func mark(_ cell: Cell, _ row: Int, _ column: Int) -> String {
        let (x, y) = (left + Double(column) * cellWidth, Double(row) * cellHeight)
        let (width, height) = (cellWidth - 1.5, cellHeight - 1.5)
        let color = Self.color(cell.kind)
        let box = Drawing.box(
            x, y, width, height, style: "\(color) tint\(max(0, min(3, cell.clarity)))",
            title: "\(rowName) \(rows[row]), \(columnName) \(columns[column]): \(cell.hint)")
        guard saysTexts, !cell.text.isEmpty else {
            return box + Drawing.dot(cell.kind, x: x + width / 2, y: y + height / 2, style: color)
        }
        return isWide
            ? box + Drawing.dot(cell.kind, x: x + 14, y: y + height / 2, style: color)
                + Drawing.text(cell.text, x: x + 26, y: y + height / 2, anchor: "start", style: "note")
            : box + Drawing.dot(cell.kind, x: x + width / 2, y: y + 11, style: color)
                + Drawing.text(cell.text, x: x + width / 2, y: y + height - 13, style: "note")
    }

    private var labels: [String] {
        let everyRow = max(1, Int((18 / cellHeight).rounded(.up)))
        let before = stride(from: 0, to: rows.count, by: everyRow).map { row in
            Drawing.text(rows[row], x: left - 7, y: (Double(row) + 0.5) * cellHeight - 1, anchor: "end")
        }
        let longest = Double(columns.map(\.count).max() ?? 1)
        let everyColumn = max(1, Int((max(10 * longest, 20) / cellWidth).rounded(.up)))
        let below = stride(from: 0, to: columns.count, by: everyColumn).map { column in
            Drawing.text(
                columns[column], x: left + (Double(column) + 0.5) * cellWidth,
                y: Double(rows.count) * cellHeight + 4, dy: ".85em")
        }
        return before + below
    }
}
