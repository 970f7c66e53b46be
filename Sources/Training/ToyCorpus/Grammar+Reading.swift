// A grammar as text:
//
//     fruit = apple | 3* pear            a table of one column, whose second row is three times as likely
//     thing; use = ball; threw it        a table of two columns; more rows follow after `|`
//     hero, friend (; .his) = Tom; his   two draws of one table, mentioned as {hero}, {hero.his}, {friend}, {friend.his}
//     <ending>                           a named choice; its alternatives follow
//     > The end.                         the first alternative of a choice; in a story, its next sentence
//     | They were {friend}s for {fruit:a}.   another alternative; `:a` is for an article, `:C` for a capital letter
//     = lost                             a story begins; tables in it are its own
//     > <ending>                         a sentence that is a named choice
//
// A blank line in a story begins a paragraph; an indented line goes on with the line before; `#` begins a comment.

extension Grammar {
    /// A grammar whose text is one of its stories, each as likely as the others. The text is ours, not a user's.
    package init(_ text: String) {
        var reader = Reader()
        for line in Self.joinedLines(of: text) { reader.read(line) }
        reader.finishStory()
        self = reader.grammar
        root = [.choice(reader.stories.map { Alternative(weight: 1, parts: $0) })]
    }

    private static func joinedLines(of text: String) -> [Substring] {
        var lines: [Substring] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) where !line.hasPrefix("#") {
            if line.hasPrefix(" "), let last = lines.popLast() {
                lines.append(last + " " + line.drop { $0 == " " })
            } else {
                lines.append(line)
            }
        }
        return lines
    }

    private struct Reader {
        var grammar = Grammar()
        var stories: [[Part]] = []
        /// What mentions of a name mean: the names of the world, and those of the story at hand.
        private var worldNames: [Substring: Mention] = [:]
        private var storyNames: [Substring: Mention] = [:]
        private var choices: [Substring: [Alternative]] = [:]
        /// The choice that is being named, nil in a story.
        private var naming: Substring?
        /// The sentences of the story, paragraph by paragraph.
        private var paragraphs: [[[Alternative]]]?

        mutating func read(_ line: Substring) {
            if line.isEmpty {
                if paragraphs?.last?.isEmpty == false { paragraphs?.append([]) }
            } else if line.hasPrefix("= ") {
                finishStory()
                (naming, paragraphs) = (nil, [[]])
            } else if line.hasPrefix("<") {
                naming = line.dropFirst().dropLast()
                choices[naming!] = []
            } else if line.hasPrefix("> ") || line.hasPrefix("| ") {
                add(alternative(line.dropFirst(2)), isFirst: line.hasPrefix(">"))
            } else {
                readTable(line)
            }
        }

        mutating func finishStory() {
            guard let sentences = paragraphs else { return }
            let lines = sentences.filter { !$0.isEmpty }.map { paragraph in
                Array(paragraph.map { [Part.choice($0)] }.joined(separator: [.text(Array(" ".utf8))]))
            }
            stories.append(Array(lines.joined(separator: [.text(Array("\n".utf8))])))
            storyNames = [:]
            paragraphs = nil
        }

        private mutating func add(_ alternative: Alternative, isFirst: Bool) {
            if let naming {
                choices[naming]!.append(alternative)
            } else if isFirst {
                paragraphs![paragraphs!.count - 1].append([alternative])
            } else {
                let last = paragraphs!.count - 1
                paragraphs![last][paragraphs![last].count - 1].append(alternative)
            }
        }

        private mutating func readTable(_ line: Substring) {
            let halves = line.split(separator: " = ", maxSplits: 1)
            precondition(halves.count == 2, "a line of a grammar that says nothing: \(line)")
            var (draws, columns) = ([Substring("")], Grammar.items(halves[0], ";"))
            if let bracket = halves[0].firstIndex(of: "(") {
                draws = Grammar.items(halves[0][..<bracket], ",")
                columns = Grammar.items(halves[0][bracket...].dropFirst().dropLast(), ";")
            }
            let rows = Grammar.items(halves[1], "|").map { row in
                let (weight, fields) = Grammar.weighted(row)
                return Table.Row(weight: weight, fields: Grammar.items(fields, ";").map { parts($0) })
            }
            precondition(rows.allSatisfy { $0.fields.count == columns.count }, "rows of a grammar differ: \(line)")
            let isPlain = rows.allSatisfy { $0.fields.joined().allSatisfy(\.isText) }
            precondition(isPlain || draws.count == 1, "several draws of rows that mention others: \(line)")
            grammar.tables.append(Table(rows: rows, isPlain: isPlain))
            for draw in draws {
                for (field, column) in columns.enumerated() {
                    let mention = Mention(variable: grammar.variables.count, field: field)
                    if paragraphs == nil {
                        worldNames[draw + column] = mention
                    } else {
                        storyNames[draw + column] = mention
                    }
                }
                grammar.variables.append(grammar.tables.count - 1)
            }
        }

        private func alternative(_ text: Substring) -> Alternative {
            let (weight, text) = Grammar.weighted(text)
            return Alternative(weight: weight, parts: parts(text))
        }

        /// Text with `{mentions}` and `<choices>`.
        private func parts(_ text: Substring) -> [Part] {
            var parts: [Part] = []
            var rest = text
            while let open = rest.firstIndex(where: { $0 == "{" || $0 == "<" }) {
                if open > rest.startIndex { parts.append(.text(Array(rest[..<open].utf8))) }
                let isMention = rest[open] == "{"
                guard let close = rest.firstIndex(of: isMention ? "}" : ">") else { preconditionFailure("\(text)") }
                let name = rest[open..<close].dropFirst()
                parts.append(isMention ? .mention(mention(name)) : choice(name))
                rest = rest[close...].dropFirst()
            }
            return rest.isEmpty ? parts : parts + [.text(Array(rest.utf8))]
        }

        private func choice(_ name: Substring) -> Part {
            guard let alternatives = choices[name] else { preconditionFailure("no choice is named \(name)") }
            return .choice(alternatives)
        }

        private func mention(_ text: Substring) -> Mention {
            let halves = text.split(separator: ":")
            guard var mention = storyNames[halves[0]] ?? worldNames[halves[0]] else {
                preconditionFailure("no table has \(text)")
            }
            let form = halves.count > 1 ? halves[1] : ""
            mention.hasArticle = form.contains("a")
            mention.isCapitalized = form.contains("C")
            return mention
        }
    }

    private static func items(_ text: Substring, _ separator: Character) -> [Substring] {
        text.split(separator: separator, omittingEmptySubsequences: false).map { item in
            item.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed().reduce(into: "") { $0.append($1) }[...]
        }
    }

    /// `3* text` is three times as likely.
    private static func weighted(_ text: Substring) -> (weight: Int, text: Substring) {
        guard let star = text.firstIndex(of: "*"), let weight = Int(text[..<star]) else { return (1, text) }
        return (weight, text[star...].dropFirst().drop { $0 == " " })
    }
}

extension Grammar.Part {
    fileprivate var isText: Bool {
        if case .text = self { true } else { false }
    }
}
