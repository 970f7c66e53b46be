import Foundation

/// Tags of a page, as far as a test needs them.
struct Markup {
    struct Element {
        var name: String
        var attributes: String
        var contents: String
    }

    var elements: [Element] = []
    var errors: [String] = []

    init(_ html: String) {
        var open: [(name: String, attributes: String, start: String.Index)] = []
        var rest = html[(html.range(of: "</style>")?.upperBound ?? html.startIndex)...]
        while let start = rest.firstIndex(of: "<"), let end = rest[start...].firstIndex(of: ">") {
            let tag = rest[rest.index(after: start)..<end]
            rest = rest[html.index(after: end)...]
            let name = String(tag.drop { $0 == "/" }.prefix { $0 != " " && $0 != "/" })
            if name == "input" || name == "head" || name == "html" || tag.hasSuffix("/") { continue }
            if !tag.hasPrefix("/") {
                open.append((name, String(tag.dropFirst(name.count)), rest.startIndex))
            } else if let last = open.last, last.name == name {
                open.removeLast()
                guard ["svg", "table", "div"].contains(name) else { continue }
                elements.append(
                    Element(name: name, attributes: last.attributes, contents: String(html[last.start..<start])))
            } else {
                errors.append("</\(name)> closes \(open.last?.name ?? "nothing")")
            }
        }
        errors += open.map { "<\($0.name)> stays open" }
    }
}
