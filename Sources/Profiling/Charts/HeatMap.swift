/// Values over what is expected, as shades: blue below, orange above, and a stroke where there is nothing at all.
///
/// Shades are steps of a ratio, the same in every map, so that maps can be compared.
struct HeatMap: Sendable {
    var rows: [String]
    var columns: [String]
    /// `[rows][columns]`: 1 is what is expected. NaN: not known, left empty.
    var values: [[Double]]
    /// Where the values lie with 95 % confidence; rows may be empty.
    var intervals: [[Interval?]] = []
    /// What is said at the end of each row.
    var notes: [String] = []
    var rowName = "layer"
    var columnName = "expert"
    /// Whether each cell says what it is when one points at it.
    var hasHints = true

    /// Ratios at which the next shade begins, above and, inverted, below 1.
    static let steps = [1.1, 1.35, 1.75, 2.5, 4]
    static let greatestColumns = 256
    /// Of more numbers a page says no intervals.
    private static let greatestIntervals = 1024

    /// −5 to 5; 0 is as expected.
    static func shade(_ ratio: Double) -> Int {
        ratio >= 1 ? steps.count { ratio >= $0 } : -steps.count { ratio * $0 <= 1 }
    }

    /// The same with neighboring columns averaged until there are few enough to be seen.
    func binned(_ greatest: Int = Self.greatestColumns) -> HeatMap {
        guard columns.count > greatest else { return self }
        let size = (columns.count + greatest - 1) / greatest
        let bins = stride(from: 0, to: columns.count, by: size).map { $0..<min($0 + size, columns.count) }
        var map = self
        map.columns = bins.map { "\(columns[$0.lowerBound])–\(columns[$0.upperBound - 1])" }
        map.values = values.map { row in bins.map { Array(row[$0]).mean } }
        map.intervals = []
        return map
    }

    /// The same with the columns of every row in the order of their values, the greatest first.
    var sorted: HeatMap {
        var map = self
        map.values = values.map { $0.sorted { $0 > $1 } }
        map.intervals = []
        map.columns = columns.indices.map { "\($0 + 1)" }
        map.columnName = "place"
        return map
    }

    /// Room for the longest name of a row.
    private var left: Double { 18 + 10 * Double(max(3, min(12, rows.map(\.count).max() ?? 0))) }
    private var right: Double { notes.isEmpty ? 8 : 58 }
    private var cellWidth: Double { (Drawing.width - left - right) / Double(max(columns.count, 1)) }
    private var cellHeight: Double { min(30, max(5, 380 / Double(max(rows.count, 1)))) }
    private var isCompact: Bool { rows.count * columns.count > 520 }
    private var gap: Double { isCompact ? 0 : 1.5 }
    private var saysValues: Bool { columns.count <= 10 && cellHeight >= 22 }

    var drawing: Drawing {
        Drawing(
            height: Double(rows.count) * cellHeight + 26,
            marks: (isCompact ? compactCells : cells) + emptyCells + labels, alternative: alternative,
            xLabel: columnName)
    }

    private var alternative: String {
        let known = values.flatMap { $0 }.filter(\.isFinite)
        guard let least = known.min(), let greatest = known.max() else { return "0 values are known." }
        return
            "\(rows.count) rows (\(rowName)), \(columns.count) columns (\(columnName)), from \(least.brief) to \(greatest.brief)."
    }

    private var cells: [String] {
        rows.indices.flatMap { row in
            columns.indices.flatMap { column -> [String] in
                let value = values[row][column]
                guard value.isFinite, value > 0 else { return [] }
                let (x, y) = (left + Double(column) * cellWidth, Double(row) * cellHeight)
                let hint =
                    "\(rowName) \(rows[row]), \(columnName) \(columns[column]): \(value.brief)\(interval(row, column).note())"
                let box = Drawing.box(
                    x, y, cellWidth - gap, cellHeight - gap, style: "h\(Self.shade(value) + 5)",
                    title: hasHints ? hint : "")
                guard saysValues else { return [box] }
                let text = Drawing.text(
                    value.brief, x: x + (cellWidth - gap) / 2, y: y + (cellHeight - gap) / 2,
                    style: "v\(Self.shade(value) + 5)")
                return [box, text]
            }
        }
    }

    private func interval(_ row: Int, _ column: Int) -> Interval? {
        intervals.indices.contains(row) && intervals[row].indices.contains(column) ? intervals[row][column] : nil
    }

    /// One path for each shade, of runs of equal cells.
    private var compactCells: [String] {
        var paths = [String](repeating: "", count: 11)
        for (row, values) in values.enumerated() {
            let shades = values.map { $0.isFinite && $0 > 0 ? Self.shade($0) + 5 : -1 }
            for run in shades.chunkedByEquality() where shades[run.lowerBound] >= 0 {
                let (x, width) = (left + Double(run.lowerBound) * cellWidth, Double(run.count) * cellWidth)
                paths[shades[run.lowerBound]] +=
                    "M\(x.place) \((Double(row) * cellHeight).place)h\(width.place)v\(cellHeight.place)h-\(width.place)z"
            }
        }
        return paths.indices.filter { !paths[$0].isEmpty }.map { "<path class=\"h\($0)\" d=\"\(paths[$0])\"/>" }
    }

    /// Strokes across the cells without anything; where cells are small, one through all that are neighbors.
    private var emptyCells: [String] {
        let strokes = values.enumerated().map { row, values in
            values.map { $0 == 0 ? 1 : 0 }.chunkedByEquality().filter { values[$0.lowerBound] == 0 }
                .map { isCompact ? stroke(row, through: $0) : $0.map { emptyCell(row, $0) }.joined() }.joined()
        }.joined()
        return strokes.isEmpty ? [] : ["<path class=\"idle\(isCompact ? " many" : "")\" d=\"\(strokes)\"/>"]
    }

    private func stroke(_ row: Int, through columns: Range<Int>) -> String {
        let (x, width) = (left + Double(columns.lowerBound) * cellWidth, Double(columns.count) * cellWidth)
        return "M\(x.place) \(((Double(row) + 0.5) * cellHeight).place)h\(width.place)"
    }

    private func emptyCell(_ row: Int, _ column: Int) -> String {
        let (x, y) = (left + Double(column) * cellWidth, Double(row) * cellHeight)
        let (width, height) = ((cellWidth - gap).place, (cellHeight - gap).place)
        return "M\(x.place) \((y + cellHeight - gap).place)l\(width) -\(height)h-\(width)v\(height)h\(width)v-\(height)"
    }

    private var labels: [String] {
        let everyRow = max(1, Int((18 / cellHeight).rounded(.up)))
        let needed = Int((64 / cellWidth).rounded(.up))
        let longest = 10 * Double(columns.map(\.count).max() ?? 1)
        let everyColumn =
            columns.count <= 16
            ? max(1, Int((longest / cellWidth).rounded(.up)))
            : [2, 4, 5, 8, 10, 16, 20, 32, 64].first { $0 >= needed } ?? needed
        let bottom = Double(rows.count) * cellHeight + 4
        let before = stride(from: 0, to: rows.count, by: everyRow).map { row in
            Drawing.text(
                rows[row], x: left - 7, y: (Double(row) + 0.5) * cellHeight - gap / 2, anchor: "end")
        }
        let behind = stride(from: 0, to: notes.count, by: everyRow).map { row in
            Drawing.text(
                notes[row], x: Drawing.width - right + 8, y: (Double(row) + 0.5) * cellHeight - gap / 2,
                anchor: "start", style: "note")
        }
        let below = stride(from: 0, to: columns.count, by: everyColumn).map { column in
            Drawing.text(
                columns[column].split(separator: "–").first.map(String.init) ?? columns[column],
                x: left + (Double(column) + 0.5) * cellWidth, y: bottom, dy: ".85em")
        }
        return before + behind + below
    }

    /// The shades and the ratios where they change.
    ///
    /// - Parameter below: nil where nothing can be less than is expected.
    func legend(_ below: String?, _ above: String, empty: String?) -> String {
        let bounds = Self.steps.reversed().map { (1 / $0).fixed(2) } + Self.steps.map { $0.fixed(2) }
        let shades = (below == nil ? 5...10 : 0...10).map { shade in
            let bound = shade < bounds.count ? "<span>\(bounds[shade])</span>" : ""
            return "<li class=\"b\(shade)\">\(bound)</li>"
        }
        let idle = empty.map {
            """
            <p class="none"><svg viewBox="0 0 18 14" aria-hidden="true"><path class="idle" d="\(isCompact ? "M0 7H18" : "M1 13L17 1H1V13H17V1")"/></svg>\($0.escapedForHTML)</p>
            """
        }
        return """
            <div class="scale" aria-hidden="true"><div><ol>\(shades.joined())</ol>\
            <p><span>\(below.map { "← " + $0.escapedForHTML } ?? "")</span><span>\(above.escapedForHTML) →</span></p></div>\(idle ?? "")</div>
            """
    }

    /// The values as a table, unless it would be too long for a page.
    func table(_ caption: String) -> String {
        guard rows.count * columns.count <= 16_384 else {
            return HTMLPage.paragraph("The numbers are too many for a page; they are in the report as JSON.")
        }
        let saysIntervals = rows.count * columns.count <= Self.greatestIntervals
        let cells = rows.indices.map { row in
            [HTMLPage.Cell(rows[row])]
                + values[row].enumerated().map { .init($1, saysIntervals ? interval(row, $0) : nil) }
        }
        return HTMLPage.table(caption: caption, head: [rowName] + columns, cells: cells)
    }
}

extension [Int] {
    /// Ranges of equal neighbors.
    func chunkedByEquality() -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        for (place, value) in enumerated() {
            if let last = ranges.last, self[last.lowerBound] == value {
                ranges[ranges.count - 1] = last.lowerBound..<place + 1
            } else {
                ranges.append(place..<place + 1)
            }
        }
        return ranges
    }
}
