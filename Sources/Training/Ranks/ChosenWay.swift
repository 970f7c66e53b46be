import Mixture
import Ranks
import Tensors

/// Tokens travel or weights do, whichever is faster, layer by layer and load by load: predicted, tried, and timed.
///
/// A layer goes the same way forward and backward. What a step took is told to all ranks at its end, the slowest rank counting,
/// so all choose alike. The ways' sums differ in their last bits; so does what is learned, with where the time goes.
final class ChosenWay: ExpertWay {
    private let ranks: TrainingRanks
    private let ways: [(name: String, way: any ExpertWay)]
    private let hiddenSize, width: Int
    /// Nil until there is something to compute.
    private var costs: TravelCosts?
    private var dictionary = StrategyDictionary()
    private var history = PlanHistory()
    private var learns = false
    /// Of each layer that has gone forward and not backward yet.
    private var begun: [Int: Passage] = [:]
    /// Since the last step's end, in the same order on all ranks.
    private var ended: [Passage] = []

    /// A layer's way there and back.
    private struct Passage {
        let call: LayerCall
        let arm: Int
        /// In the history; nil where nothing is learned, and so nothing is timed.
        let place: Int?
        var forwardSeconds = 0.0
        var seconds = 0.0
    }

    init(_ ranks: TrainingRanks, _ tokens: TokensWay, _ weights: WeightsWay, hiddenSize: Int, width: Int) {
        self.ranks = ranks
        self.hiddenSize = hiddenSize
        self.width = width
        ways = [(ExpertTravel.tokens.rawValue, tokens), (ExpertTravel.weights.rawValue, weights)]
    }

    func beginPass(learns: Bool) {
        self.learns = learns
        begun.removeAll(keepingCapacity: true)
    }

    func forward(_ visits: ExpertVisitsOfRanks, _ input: MatrixView, addingTo output: MatrixView) throws {
        // What goes forward may do so again before it goes back.
        var passage = try begun[visits.layer] ?? chosen(visits)
        let start = ContinuousClock.now
        try ways[passage.arm].way.forward(visits, input, addingTo: output)
        passage.forwardSeconds = (ContinuousClock.now - start) / .seconds(1)
        begun[visits.layer] = passage
    }

    func backward(
        _ visits: ExpertVisitsOfRanks, _ gradient: MatrixView, addingTo inputGradient: MatrixView
    ) throws -> [Float] {
        guard var passage = begun.removeValue(forKey: visits.layer) else {
            preconditionFailure("layer \(visits.layer) goes back without having gone forward")
        }
        let start = ContinuousClock.now
        let gradients = try ways[passage.arm].way.backward(visits, gradient, addingTo: inputGradient)
        passage.seconds = passage.forwardSeconds + (ContinuousClock.now - start) / .seconds(1)
        ended.append(passage)
        return gradients
    }

    func finishStep() throws {
        let times = try ranks.gathered(
            ended.map { Float($0.seconds) }, counts: Array(repeating: ended.count, count: ranks.count), of: .gradients)
        for (index, passage) in ended.enumerated() {
            let slowest = Double((0..<ranks.count).map { times[$0 * ended.count + index] }.max()!)
            dictionary.record(LoadKey(passage.call), arm: passage.arm, seconds: slowest)
            history.note(seconds: slowest, at: passage.place!)
        }
        ended.removeAll(keepingCapacity: true)
    }

    var explanation: [LayerExplanation] { history.layers(dictionary, ways.map(\.name)) { _ in 1 } }

    private func chosen(_ visits: ExpertVisitsOfRanks) throws -> Passage {
        let costs =
            try self.costs
            ?? TravelCosts(measuredBy: ranks, hiddenSize: hiddenSize, width: width, on: visits.workers)
        self.costs = costs
        let call = LayerCall(
            layer: visits.layer, phase: learns ? .forward : .prompt, tokens: visits.assignment.tokens,
            experts: visits.assignment.experts,
            visits: visits.assignment.visitedExperts.map(\.visits))
        let key = LoadKey(call)
        let arm = dictionary.choose(key) {
            let owners = ranks.owners(of: visits.assignment.experts)
            let predicted = [costs.tokens, costs.weights].map { $0(visits.assignment, visits.shares, owners) }
            return zip(ways, predicted).map { StrategyDictionary.Arm(name: $0.name, predicted: $1) }
        }
        guard learns else { return Passage(call: call, arm: arm, place: nil) }
        let (place, _) = history.place(of: key, call, strategies: ways.count)
        history.note(call, arm, at: place)
        return Passage(call: call, arm: arm, place: place)
    }
}
