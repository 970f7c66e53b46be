import Mixture
import Synchronization
import Tensors

/// Eight threads on two memory nodes, whose experts are so small that there is little to share.
final class PretendedMachine: Sendable {
    static let threads = 8

    private let model: CostModel
    /// Playing a schedule through takes long.
    private let known = Mutex<[LayerCall: [StrategyName: Double]]>([:])

    init() {
        let shape = ExpertShape(
            hiddenSize: 1024, intermediateSize: 128, gateFormat: .q4_0, upFormat: .q4_0, downFormat: .q4_0)
        let constants = CostConstants(
            threads: Self.threads, loop: 8e-6, step: 5e-6, unit: 0.5e-6, bandwidthAlone: 1e10, bandwidthTogether: 3e10,
            nodes: 2, link: CostConstants.Link(latency: 1e-6, bandwidth: 1e10))
        let costs = UnitCosts(
            alone: Self.points(ofOneVisit: 0.12e-6), together: Self.points(ofOneVisit: 0.36e-6), gatheredVisit: 0.2e-6,
            innerVisit: 0.1e-6)
        model = CostModel(constants, costs, ExpertLayout(shape, tileBytes: 64 << 10)!)
    }

    /// Of a row of weights: up to some visits it must be read, beyond it must be multiplied.
    private static func points(ofOneVisit seconds: Double) -> [UnitCosts.Point] {
        [(1, seconds), (8, 0.4e-6 + seconds / 6), (64, 3e-6)].map { visits, seconds in
            UnitCosts.Point(visits: visits, gateAndUpRow: 2 * seconds, downRow: seconds / 2)
        }
    }

    /// The same for all layers.
    func seconds(_ call: LayerCall, _ name: StrategyName) -> Double? {
        var call = call
        call.layer = 0
        return known.withLock { known in
            if let seconds = known[call]?[name] { return seconds }
            let seconds = model.seconds(call, name.strategy, scratchRows: 512, gathers: call.tokens > 1)
            known[call, default: [:]][name] = seconds
            return seconds
        }
    }

    /// A planner that is told what everything costs.
    var planner: Planner {
        let planner = Planner(.automatic, threads: Self.threads)
        planner.knowledge.prediction = { self.seconds($0, $1.name) }
        return planner
    }

    static let kinds = [Workload.Kind.balanced, .hotExpert, .hotSet]

    static let token = LayerCall(layer: 0, phase: .decode, tokens: 1, experts: 32, visits: [1, 1])

    static func prompt(_ kind: Workload.Kind, step: Int = 0) throws -> LayerCall {
        try Workload(kind, experts: 32, topK: 2, tokens: 128, steps: 2, seed: 5).step(step).call()
    }

    /// Prompts that are even, then have a hot expert, then a hot set; between them tokens are written.
    static func changingCalls(prompts: Int = 600, layers: Int = 1) throws -> [LayerCall] {
        let loads = try kinds.map { kind in try (0..<2).map { try prompt(kind, step: $0) } }
        return (0..<prompts * kinds.count).flatMap { prompt in
            let steps = [loads[prompt / prompts][prompt % 2], token, token, token]
            return steps.flatMap { call in
                (0..<layers).map { layer in
                    var call = call
                    call.layer = layer
                    return call
                }
            }
        }
    }
}
