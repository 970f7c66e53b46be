import Mixture
import Ranks
import Tensors

/// Tokens go to the ranks that hold their experts, and come back (expert parallel; Tutel's r = 1, Hwang et al., 2022,
/// arXiv 2206.03382).
///
/// A rank computes all visits to its experts, each expert's in the order of one program, and what comes back is added in slot
/// order: from the same numbers it makes the same bits.
final class TokensWay: ExpertWay {
    private let ranks: TrainingRanks
    private let owners: ExpertRanges
    private let sent, received: RowBuffer

    init(_ ranks: TrainingRanks, experts: Int, hiddenSize: Int) {
        self.ranks = ranks
        owners = ranks.owners(of: experts)
        sent = RowBuffer(columns: hiddenSize)
        received = RowBuffer(columns: hiddenSize)
    }

    /// The rows of all tokens are there already, since the router needs them: only outputs travel.
    func forward(_ visits: ExpertVisitsOfRanks, _ input: MatrixView, addingTo output: MatrixView) throws {
        let held = visits.assignment.visits(to: owners[ranks.rank])
        let own = visits.assignment.visits(of: visits.shares.own)
        let outputs = visits.experts.outputs(of: input, held, visits.memory, on: visits.workers)
        own.combine(try back(outputs, held, own, visits), addingTo: output, on: visits.workers)
    }

    func backward(
        _ visits: ExpertVisitsOfRanks, _ gradient: MatrixView, addingTo inputGradient: MatrixView
    ) throws -> [Float] {
        let held = visits.assignment.visits(to: owners[ranks.rank])
        let own = visits.assignment.visits(of: visits.shares.own)
        let (rows, tokens) = try there(gradient, held, own, visits)
        let gradients = visits.experts.visitGradients(
            of: rows, held.renumbered(tokens), visits.memory, on: visits.workers)
        own.addBack(try back(gradients.inputs, held, own, visits), to: inputGradient, on: visits.workers)
        return try ranks.gathered(
            gradients.weights, counts: (0..<ranks.count).map { visits.assignment.places(of: owners[$0]).count },
            of: .layer(visits.layer))
    }

    /// Sends each token's row once to every rank that holds an expert of it.
    ///
    /// - Returns: the rows that came, and the tokens whose they are, ascending.
    private func there(
        _ rows: MatrixView, _ held: Assignment, _ own: Assignment, _ visits: ExpertVisitsOfRanks
    ) throws -> (rows: MatrixView, tokens: [Int]) {
        let wanted = (0..<ranks.count).map { own.tokens(of: own.places(of: owners[$0])) }
        let sent = self.sent.rows(wanted.reduce(0) { $0 + $1.count })
        Dispatch.gather(rows, tokens: Array(wanted.joined()), into: sent, on: visits.workers)
        let tokens = held.tokens(of: held.visits.indices)
        let received = self.received.rows(tokens.count)
        try ranks.exchange(
            sent, wanted.map(\.count), into: received,
            visits.shares.ranges.map { range in tokens.count { range.contains($0) } }, of: .layer(visits.layer))
        return (received, tokens)
    }

    /// Sends the rows of visits to the ranks that have their tokens.
    ///
    /// - Parameter rows: of the visits to the experts held here.
    /// - Returns: those of the rank's own tokens' visits, in their order: experts lie on the ranks in order.
    private func back(
        _ rows: MatrixView, _ held: Assignment, _ own: Assignment, _ visits: ExpertVisitsOfRanks
    ) throws -> MatrixView {
        let rankOfToken = visits.shares.ranks
        let places = RowGroups(by: held.visits.map { rankOfToken[$0.token] }, count: ranks.count)
        let sent = self.sent.rows(held.visits.count)
        Dispatch.gather(rows, tokens: places.rows, into: sent, on: visits.workers)
        let received = self.received.rows(own.visits.count)
        try ranks.exchange(
            sent, (0..<ranks.count).map { places[$0].count }, into: received,
            (0..<ranks.count).map { own.places(of: owners[$0]).count }, of: .layer(visits.layer))
        return received
    }
}
