package import Tensors

#if canImport(Glibc)
    import Glibc
#endif

/// Texts that are put together by chance, and whose names, pronouns and things agree from beginning to end.
///
/// A text is a row of parts. A choice is made anew wherever it stands; a variable is drawn from its table where it is
/// first mentioned and keeps its row for the rest of the text. What is never mentioned is never drawn, so every draw can
/// be read off the text, and −log p of the text is the sum over the draws.
package struct Grammar: Sendable {
    indirect enum Part: Sendable {
        case text([UInt8])
        case choice([Alternative])
        case mention(Mention)
    }

    struct Alternative: Sendable {
        let weight: Int
        let parts: [Part]
    }

    /// A field of a variable's row.
    struct Mention: Sendable, Equatable {
        let variable: Int
        let field: Int
        /// Whether "a" or "an" goes in front.
        var hasArticle = false
        var isCapitalized = false
    }

    struct Table: Sendable {
        struct Row: Sendable {
            let weight: Int
            let fields: [[Part]]
        }

        let rows: [Row]
        /// Whether rows mention no variables.
        let isPlain: Bool
    }

    var tables: [Table] = []
    /// The table of each variable. Variables of one table have different rows.
    var variables: [Int] = []
    var root: [Part] = []

    /// Adds a text; returns −log p of it, in nats.
    package func write(into text: inout [UInt8], using random: inout RandomNumbers) -> Double {
        var rows = [Int?](repeating: nil, count: variables.count)
        return write(root, into: &text, rows: &rows, using: &random)
    }

    private func write(
        _ parts: [Part], into text: inout [UInt8], rows: inout [Int?], using random: inout RandomNumbers
    ) -> Double {
        var nats = 0.0
        for part in parts {
            switch part {
            case .text(let bytes): text += bytes
            case .choice(let alternatives):
                let (chosen, cost) = Self.draw(alternatives.map(\.weight), using: &random)
                nats += cost + write(alternatives[chosen].parts, into: &text, rows: &rows, using: &random)
            case .mention(let mention):
                nats += write(mention, into: &text, rows: &rows, using: &random)
            }
        }
        return nats
    }

    private func write(
        _ mention: Mention, into text: inout [UInt8], rows: inout [Int?], using random: inout RandomNumbers
    ) -> Double {
        let table = tables[variables[mention.variable]]
        var nats = 0.0
        if rows[mention.variable] == nil {
            let taken = variables.indices.filter { variables[$0] == variables[mention.variable] }.compactMap {
                rows[$0]
            }
            let weights = table.rows.enumerated().map { taken.contains($0.offset) ? 0 : $0.element.weight }
            let (row, cost) = Self.draw(weights, using: &random)
            rows[mention.variable] = row
            nats = cost
        }
        var value: [UInt8] = []
        nats += write(
            table.rows[rows[mention.variable]!].fields[mention.field], into: &value, rows: &rows, using: &random)
        text += mention.form(of: value)
        return nats
    }

    /// An index by weight, and −log of its chance.
    private static func draw(_ weights: [Int], using random: inout RandomNumbers) -> (index: Int, nats: Double) {
        let total = weights.reduce(0, +)
        guard weights.count > 1 else { return (0, 0) }
        var rest = Int.random(in: 0..<total, using: &random)
        let index = weights.firstIndex { weight in
            rest -= weight
            return rest < 0
        }!  // the draw is below the sum
        return (index, log(Double(total) / Double(weights[index])))
    }
}

extension Grammar.Mention {
    /// A value as it is mentioned.
    func form(of value: [UInt8]) -> [UInt8] {
        var text = value
        if hasArticle, let first = text.first {
            text = Array(("aeiou".utf8.contains(first) ? "an " : "a ").utf8) + text
        }
        if isCapitalized, let first = text.first, UInt8(ascii: "a")...UInt8(ascii: "z") ~= first {
            text[0] = first - 32
        }
        return text
    }
}
