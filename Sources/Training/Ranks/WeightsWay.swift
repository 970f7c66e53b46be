import Mixture
import Ranks
import Tensors

/// The experts' weights go to all ranks, layer by layer, and each computes its own tokens; the gradients are added up where the
/// experts are held (data parallel with the parameters split: ZeRO, Rajbhandari et al., 2020, arXiv 1910.02054; Tutel's r = 0).
///
/// A gradient is a sum of the ranks' sums, and so not to the bit that of one program.
final class WeightsWay: ExpertWay {
    private let ranks: TrainingRanks
    private let owners: ExpertRanges
    private let experts: Int
    private let weights, gradients: Gathered

    /// The matrices of all experts of one layer.
    private struct Gathered {
        let gate, up, down: RowBuffer

        init(hiddenSize: Int, width: Int) {
            gate = RowBuffer(columns: hiddenSize)
            up = RowBuffer(columns: hiddenSize)
            down = RowBuffer(columns: width)
        }

        func tensors(_ experts: Int, hiddenSize: Int, width: Int) -> TrainableExperts.Tensors {
            TrainableExperts.Tensors(
                gate: gate.rows(experts * width), up: up.rows(experts * width), down: down.rows(experts * hiddenSize))
        }
    }

    private let hiddenSize, width: Int

    init(_ ranks: TrainingRanks, experts: Int, hiddenSize: Int, width: Int) {
        self.ranks = ranks
        self.experts = experts
        self.hiddenSize = hiddenSize
        self.width = width
        owners = ranks.owners(of: experts)
        weights = Gathered(hiddenSize: hiddenSize, width: width)
        gradients = Gathered(hiddenSize: hiddenSize, width: width)
    }

    func forward(_ visits: ExpertVisitsOfRanks, _ input: MatrixView, addingTo output: MatrixView) throws {
        let own = visits.assignment.visits(of: visits.shares.own)
        try allExperts(visits).forward(
            input.rows(visits.shares.own), own, addingTo: output, visits.memory, on: visits.workers)
    }

    func backward(
        _ visits: ExpertVisitsOfRanks, _ gradient: MatrixView, addingTo inputGradient: MatrixView
    ) throws -> [Float] {
        let own = visits.assignment.visits(of: visits.shares.own)
        let all = try allExperts(visits)
        for sum in all.gradients.all { sum.fillWithZeros(on: visits.workers) }
        let weightGradients = all.backward(
            gradient, own, addingTo: inputGradient, visits.memory, on: visits.workers)
        for (sum, held) in zip(all.gradients.all, visits.experts.gradients.all) {
            let counts = counts(of: sum)
            try ranks.addUp(sum, counts, of: .layer(visits.layer))
            let first = counts[..<ranks.rank].reduce(0, +) / sum.columns
            held.add(sum.rows(first..<first + held.rows), on: visits.workers)
        }
        return try inOrder(weightGradients, visits)
    }

    /// This layer's experts, the other ranks' among them.
    private func allExperts(_ visits: ExpertVisitsOfRanks) throws -> TrainableExperts {
        let all = weights.tensors(experts, hiddenSize: hiddenSize, width: width)
        for (whole, held) in zip(all.all, visits.experts.weights.all) {
            let counts = counts(of: whole)
            let first = counts[..<ranks.rank].reduce(0, +) / whole.columns
            whole.rows(first..<first + held.rows).copy(held, on: visits.workers)
            try ranks.gather(whole, counts, of: .layer(visits.layer))
        }
        return visits.experts.among(
            experts, weights: all, gradients: gradients.tensors(experts, hiddenSize: hiddenSize, width: width))
    }

    /// Numbers of each rank in the matrices of all experts.
    private func counts(of matrices: MatrixView) -> [Int] {
        (0..<ranks.count).map { owners[$0].count * (matrices.count / experts) }
    }

    /// A number of every visit, of each rank's own those of its tokens.
    private func inOrder(_ own: [Float], _ visits: ExpertVisitsOfRanks) throws -> [Float] {
        let rankOfToken = visits.shares.ranks
        let visitRanks = visits.assignment.visits.map { rankOfToken[$0.token] }
        let places = RowGroups(by: visitRanks, count: ranks.count)
        let gathered = try ranks.gathered(
            own, counts: (0..<ranks.count).map { places[$0].count }, of: .layer(visits.layer))
        var ordered = gathered
        for (place, visit) in places.rows.enumerated() { ordered[visit] = gathered[place] }
        return ordered
    }
}

extension TrainableExperts.Tensors {
    fileprivate var all: [MatrixView] { [gate, up, down] }
}
