#if canImport(Glibc)
    import Glibc
#endif

extension Grammar {
    /// The entropy and the mean length of a text, exactly.
    ///
    /// H = Σ over all places where something is drawn of (chance to get there) × (entropy of the draw), since each draw
    /// can be read off the text. The chances are found by walking through the parts with a distribution over what has
    /// been drawn so far; of rows that mention nothing it does not matter which was drawn, so they count as one.
    package var entropy: DocumentEntropy {
        var walk = Walk(grammar: self)
        _ = walk.pass(root, from: [Array(repeating: -1, count: variables.count): 1])
        return DocumentEntropy(nats: walk.nats, characters: walk.characters)
    }

    private struct Walk {
        /// The chance of each state: of every variable its row, 0 if it is of a plain table, -1 if it was not drawn.
        typealias States = [[Int16]: Double]

        let grammar: Grammar
        var nats = 0.0
        var characters = 0.0

        mutating func pass(_ parts: [Part], from states: States) -> States {
            parts.reduce(states) { pass($1, from: $0) }
        }

        private mutating func pass(_ part: Part, from states: States) -> States {
            let chance = states.values.reduce(0, +)
            switch part {
            case .text(let bytes):
                characters += chance * Double(bytes.count)
                return states
            case .choice(let alternatives):
                let weights = alternatives.map { Double($0.weight) }
                let total = weights.reduce(0, +)
                nats += chance * entropy(weights)
                var after: States = [:]
                for (alternative, weight) in zip(alternatives, weights) {
                    let before = states.mapValues { $0 * weight / total }
                    after.merge(pass(alternative.parts, from: before), uniquingKeysWith: +)
                }
                return after
            case .mention(let mention):
                var after: States = [:]
                for (state, chance) in states {
                    after.merge(pass(mention, from: state, chance), uniquingKeysWith: +)
                }
                return after
            }
        }

        private mutating func pass(_ mention: Mention, from state: [Int16], _ chance: Double) -> States {
            let number = grammar.variables[mention.variable]
            let table = grammar.tables[number]
            var state = state
            if mention.hasArticle { characters += chance * meanArticle(mention, table) }
            if state[mention.variable] >= 0, !table.isPlain {
                return pass(table.rows[Int(state[mention.variable])].fields[mention.field], from: [state: chance])
            }
            let weights = table.rows.map { Double($0.weight) }
            if state[mention.variable] < 0 {
                let taken = state.indices.count { grammar.variables[$0] == number && state[$0] >= 0 }
                nats += chance * (taken == 0 ? entropy(weights) : log(Double(table.rows.count - taken)))
            }
            let total = weights.reduce(0, +)
            var after: States = [:]
            for (row, weight) in zip(table.rows.indices, weights) {
                state[mention.variable] = table.isPlain ? 0 : Int16(row)
                let before = [state: chance * weight / total]
                after.merge(pass(table.rows[row].fields[mention.field], from: before), uniquingKeysWith: +)
            }
            return after
        }

        /// Mean length of "a " and "an " before the rows.
        private func meanArticle(_ mention: Mention, _ table: Table) -> Double {
            let lengths = table.rows.map { row -> Double in
                guard case .text(let bytes)? = row.fields[mention.field].first else { return 0 }
                return Double(row.weight * (mention.form(of: bytes).count - bytes.count))
            }
            return lengths.reduce(0, +) / Double(table.rows.reduce(0) { $0 + $1.weight })
        }

        private func entropy(_ weights: [Double]) -> Double {
            let total = weights.reduce(0, +)
            return weights.reduce(0) { $0 - $1 / total * log($1 / total) }
        }
    }
}
