/// Rows under one head, printed one by one: Markdown, whose columns are as wide as their heads say, or CSV.
struct BenchTable {
    struct Column {
        let name: String
        /// Of the cells of its first lines; later ones may be wider.
        var width = 0
        var isNumber = true
    }

    let columns: [Column]
    let isMarkdown: Bool

    var head: String {
        guard isMarkdown else { return line(columns.map(\.name)) }
        return line(columns.map(\.name))
            + line(
                columns.map {
                    String(repeating: "-", count: max($0.width, $0.name.count, 3) - 1) + ($0.isNumber ? ":" : "-")
                })
    }

    func line(_ cells: [String]) -> String {
        guard isMarkdown else { return cells.map(\.quoted).joined(separator: ",") + "\n" }
        let padded = zip(cells, columns).map { cell, column in
            let text = cell.replacing("|", with: "\\|")
            let room = String(repeating: " ", count: max(0, max(column.width, column.name.count, 3) - text.count))
            return column.isNumber ? room + text : text + room
        }
        return "| " + padded.joined(separator: " | ") + " |\n"
    }
}

extension String {
    /// As RFC 4180 has it.
    fileprivate var quoted: String {
        contains { ",\"\n\r".contains($0) } ? "\"" + replacing("\"", with: "\"\"") + "\"" : self
    }
}
