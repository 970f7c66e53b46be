import Tensors

/// How a router in training chooses the experts of all tokens of a micro-batch, before capacity and weights.
protocol Selection: Sendable {
    /// - Parameter scores: `[tokens, experts]`.
    func choose(_ scores: MatrixView, _ batch: RoutingBatch) -> Choices
}

extension TopKSelection: Selection {
    func choose(_ scores: MatrixView, _ batch: RoutingBatch) -> Choices {
        var choices = Choices()
        for token in batch.tokens.indices {
            if batch.isPadding?[token] != true {
                scores.withRow(token) { append(token, scores: $0, to: &choices.visits) }
            }
            choices.endToken()
        }
        return choices
    }
}

/// Every token to the one expert that it is told.
struct FixedSelection: Selection {
    /// Of every token of the batch.
    let experts: [Int]

    func choose(_ scores: MatrixView, _ batch: RoutingBatch) -> Choices {
        var choices = Choices()
        for token in batch.tokens.indices {
            if batch.isPadding?[token] != true {
                choices.visits.append(Assignment.Visit(token: token, slot: 0, expert: experts[token], weight: 0))
            }
            choices.endToken()
        }
        return choices
    }
}
