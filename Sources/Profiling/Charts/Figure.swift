/// A drawing with what it shows in words, and its numbers as a table.
struct Figure: Sendable {
    /// What is drawn.
    var title: String
    /// What one sees, with its numbers: a sentence made of the data.
    var takeaway: String
    /// How to read it.
    var explanation = ""
    var drawing: Drawing
    /// HTML below the drawing.
    var legend = ""
    var table = ""
    var isHalf = false
    var level = 3

    var html: String {
        let seen = takeaway.isEmpty ? "" : "<p class=\"takeaway\">\(takeaway.escapedForHTML)</p>"
        let how = explanation.isEmpty ? "" : "<p class=\"how\">\(explanation.escapedForHTML)</p>"
        return """
            <figure class="\(isHalf ? "half" : "full")">
            <figcaption><h\(level)>\(title.escapedForHTML)</h\(level)>\(seen)\(how)</figcaption>
            <div class="drawing">
            \(drawing.html(label: title + ". " + takeaway))
            \(legend)
            </div>
            <div>\(Self.folded("Numbers", table))</div>
            </figure>
            """
    }

    /// Figures beside each other where there is room.
    static func row(_ figures: [String]) -> String {
        figures.isEmpty ? "" : "<div class=\"row\">\(figures.joined(separator: "\n"))</div>"
    }

    static func folded(_ summary: String, _ html: String) -> String {
        html.isEmpty ? "" : "<details><summary>\(summary.escapedForHTML)</summary>\n\(html)\n</details>"
    }
}

/// Marks in a plane of 560 units' width, which fills the room that the page has for it.
///
/// Letters keep their size however wide that is: the page sets them by the width of the figure. So there must be room for
/// letters of 19 units, and places of letters are said in `em`.
struct Drawing: Sendable {
    static let width = 560.0
    var height: Double
    var marks: [String]
    /// Numbers for those who cannot see it, in addition to the figure's sentence.
    var alternative = ""
    /// What is drawn upwards and to the right.
    var yLabel = ""
    var xLabel = ""

    func html(label: String) -> String {
        let label = (label + (alternative.isEmpty ? "" : " " + alternative)).escapedForHTML
        let above = yLabel.isEmpty ? "" : "<p class=\"axis\">\(yLabel.escapedForHTML)</p>\n"
        let below = xLabel.isEmpty ? "" : "\n<p class=\"axis below\">\(xLabel.escapedForHTML)</p>"
        return """
            \(above)<svg viewBox="0 0 560 \(height.place)" role="img" aria-label="\(label)">
            \(marks.joined(separator: "\n"))
            </svg>\(below)
            """
    }

    static func text(
        _ text: String, x: Double, y: Double, dy: String = ".35em", anchor: String = "middle", style: String = ""
    )
        -> String
    {
        let style = style.isEmpty ? "" : " class=\"\(style)\""
        return """
            <text\(style) x="\(x.place)" y="\(y.place)" dy="\(dy)" text-anchor="\(anchor)">\(text.escapedForHTML)</text>
            """
    }

    static func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, style: String) -> String {
        "<line class=\"\(style)\" x1=\"\(x1.place)\" y1=\"\(y1.place)\" x2=\"\(x2.place)\" y2=\"\(y2.place)\"/>"
    }

    static func box(_ x: Double, _ y: Double, _ width: Double, _ height: Double, style: String, title: String = "")
        -> String
    {
        let place =
            "x=\"\(x.place)\" y=\"\(y.place)\" width=\"\(max(width, 0).place)\" height=\"\(max(height, 0).place)\""
        return title.isEmpty
            ? "<rect class=\"\(style)\" \(place)/>"
            : "<rect class=\"\(style)\" \(place)><title>\(title.escapedForHTML)</title></rect>"
    }
}

extension Drawing {
    /// A small circle, square, triangle or diamond.
    static func dot(_ kind: Int, x: Double, y: Double, style: String) -> String {
        let (left, right, top, bottom) = ((x - 3.4).place, (x + 3.4).place, (y - 3.4).place, (y + 3.4).place)
        let path =
            switch kind % 4 {
            case 1: "M\(left) \(top)H\(right)V\(bottom)H\(left)z"
            case 2: "M\(x.place) \(top)L\(right) \(bottom)H\(left)z"
            case 3:
                "M\(x.place) \((y - 4.4).place)L\((x + 4.4).place) \(y.place)L\(x.place) \((y + 4.4).place)L\((x - 4.4).place) \(y.place)z"
            default: ""
            }
        return path.isEmpty
            ? "<circle class=\"\(style) dot\" cx=\"\(x.place)\" cy=\"\(y.place)\" r=\"3.2\"/>"
            : "<path class=\"\(style) dot\" d=\"\(path)\"/>"
    }
}

/// What stands for what.
struct Legend: Sendable {
    enum Sign: Sendable {
        /// A class of a line, and whether it has dashes or points.
        case line(String, dash: String = "", dot: Int? = nil)
        case box(String)
        case upright(String)
        /// A dot of a kind and its class.
        case dot(Int, String)
    }

    var entries: [(sign: Sign, name: String)]

    var html: String {
        let items = entries.map { entry in
            let sign =
                switch entry.sign {
                case .line(let style, let dash, let dot):
                    "<line class=\"\(style)\"\(dash) x1=\"0\" x2=\"28\" y1=\"5\" y2=\"5\"/>"
                        + (dot.map { Drawing.dot($0, x: 14, y: 5, style: style) } ?? "")
                case .upright(let style): Drawing.line(14, 0, 14, 10, style: style)
                case .dot(let kind, let style): Drawing.dot(kind, x: 14, y: 5, style: style)
                case .box(let style): "<rect class=\"\(style)\" x=\"8\" width=\"12\" y=\"0\" height=\"10\"/>"
                }
            return """
                <li><svg viewBox="0 0 28 10" aria-hidden="true">\(sign)</svg>\(entry.name.escapedForHTML)</li>
                """
        }
        return "<ul class=\"legend\">\(items.joined())</ul>"
    }
}
