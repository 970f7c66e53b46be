import Mixture
import ModelFiles
import Tensors

/// The expert of each layer that every token visits (Dai et al., 2024, arXiv 2401.06066). It never leaves memory.
final class SharedExperts: ExpertSource {
    private let experts: [SharedExpert]

    /// - Returns: nil when the model has none.
    init?(_ weights: DenseWeights) {
        experts = weights.layers.compactMap(\.shared).map(SharedExpert.init)
        if experts.isEmpty { return nil }
    }

    /// The assignment of so many tokens: all to this one expert, with weight 1.
    static func assignment(tokens: Int) -> Assignment {
        TopKRouter(k: 1, weighting: Weighting(.one)).route(Matrix(rows: tokens, columns: 1), of: [])
    }

    func layout(layer: Int) -> ExpertLayout { experts[layer].layout }

    func lease(_ wanted: [ExpertVisits], layer: Int, tokens: Int, into leases: inout [any ExpertLease]) {
        leases.removeAll(keepingCapacity: true)
        for _ in wanted { leases.append(experts[layer]) }
    }

    func prefetch(_ experts: [Int], layer: Int) {}
}

/// Three dense matrices, lent tile by tile like an expert's.
private final class SharedExpert: ExpertLease {
    let expert = 0
    let isResident = true
    let layout: ExpertLayout
    private let weights: ExpertPayload

    init(_ weights: DenseWeights.Shared) {
        let shape = ExpertShape(
            hiddenSize: weights.gate.columns, intermediateSize: weights.gate.rows, gateFormat: weights.gate.format,
            upFormat: weights.up.format, downFormat: weights.down.format)
        guard let layout = ExpertLayout(shape) else {
            preconditionFailure("weights in memory, but no layout: \(shape)")
        }
        self.layout = layout
        self.weights = ExpertPayload(gate: weights.gate, up: weights.up, down: weights.down)
    }

    func payload(through tile: Int) -> ExpertPayload { weights }

    func release() {}
}
