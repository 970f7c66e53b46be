package import Tensors

/// Sends every token to the expert that a table names for its id: hash layers (Roller et al., 2021, arXiv 2106.04426)
/// and StableMoE's second stage (Dai et al., 2022, arXiv 2204.08396).
///
/// Routes are known as soon as the text is, before any layer has run.
package struct TableRouter: Router {
    /// The expert of each token id.
    package let table: [Int]
    package let weighting: Weighting

    package let mostVisits = 1

    package init(table: [Int], weighting: Weighting) {
        self.table = table
        self.weighting = weighting
    }

    package func knownExperts(of tokens: ArraySlice<Int>) -> [Int]? { Set(tokens.map { table[$0] }).sorted() }

    package func route(_ scores: borrowing Matrix, of tokens: ArraySlice<Int>) -> Assignment {
        precondition(tokens.count == scores.rows, "\(tokens.count) tokens with \(scores.rows) rows of scores")
        var visits: [Assignment.Visit] = []
        visits.reserveCapacity(tokens.count)
        for (row, token) in tokens.enumerated() {
            precondition(token >= 0 && token < table.count, "token \(token) in a table of \(table.count)")
            visits.append(Assignment.Visit(token: row, slot: 0, expert: table[token], weight: 0))
            scores.withRow(row) { weighting.weigh(row..<row + 1, of: &visits, scores: $0) }
        }
        return Assignment(visits, tokens: scores.rows, experts: scores.columns)
    }
}
