import Mixture
import Tensors

/// How a layer's experts are computed that learn: by one program, or by several ranks together.
///
/// Every rank routes the whole batch, so all know of every visit. What a rank adds up is for its own tokens.
protocol ExpertWay: AnyObject {
    /// Begins a pass through all layers.
    ///
    /// - Parameter learns: whether it goes back through them, too.
    func beginPass(learns: Bool)

    /// Adds to each row of `output` what its token's experts make of it.
    ///
    /// - Parameters:
    ///   - input: the rows of all ranks, `[all tokens, hidden]`.
    ///   - output: the rank's own, `[own tokens, hidden]`.
    func forward(_ visits: ExpertVisitsOfRanks, _ input: MatrixView, addingTo output: MatrixView) throws

    /// Adds the gradient of the input to `inputGradient`, and to those of the experts that this rank holds.
    ///
    /// - Parameters:
    ///   - gradient: of the output, `[own tokens, hidden]`.
    ///   - inputGradient: `[own tokens, hidden]`.
    /// - Returns: the gradient of every visit's weight, in the order of the assignment, the same on all ranks.
    func backward(
        _ visits: ExpertVisitsOfRanks, _ gradient: MatrixView, addingTo inputGradient: MatrixView
    ) throws -> [Float]

    /// Ends a step, on all ranks at once.
    func finishStep() throws

    /// Why each layer was computed as it was, where there was a choice.
    var explanation: [LayerExplanation] { get }
}

extension ExpertWay {
    func beginPass(learns: Bool) {}
    func finishStep() {}
    var explanation: [LayerExplanation] { [] }
}

/// A layer's visits of a batch, and what computes them.
struct ExpertVisitsOfRanks {
    /// Those that this rank holds.
    let experts: TrainableExperts
    let layer: Int
    /// Of all ranks' tokens.
    let assignment: Assignment
    let shares: TokenShares
    /// Kept from the forward pass to the backward one.
    let memory: TrainableExperts.Memory
    let workers: Workers
}

/// All experts and tokens are one program's.
final class LoneWay: ExpertWay {
    func forward(_ visits: ExpertVisitsOfRanks, _ input: MatrixView, addingTo output: MatrixView) {
        visits.experts.forward(
            input, visits.assignment, addingTo: output, visits.memory, on: visits.workers)
    }

    func backward(
        _ visits: ExpertVisitsOfRanks, _ gradient: MatrixView, addingTo inputGradient: MatrixView
    ) -> [Float] {
        visits.experts.backward(
            gradient, visits.assignment, addingTo: inputGradient, visits.memory, on: visits.workers)
    }
}
