import Mixture
import Profiling

/// Keeps where the tokens of a prompt went in each layer, and where the last token after it went.
final class LoadRecorder: RoutingRecorder {
    private let layers: Int
    private let experts: Int
    private var visits: [PlanningPhase: [[Assignment.Visit]]]
    private var tokens: [PlanningPhase: [Int]]
    private var last: (phase: PlanningPhase, layer: Int, token: Int)?

    init(layers: Int, experts: Int) {
        self.layers = layers
        self.experts = experts
        let none = [[Assignment.Visit]](repeating: [], count: layers)
        visits = [.prompt: none, .decode: none]
        tokens = [.prompt: Array(repeating: 0, count: layers), .decode: Array(repeating: 0, count: layers)]
    }

    func record(_ entry: RoutingTraceEntry) {
        let phase: PlanningPhase = entry.phase == .prompt ? .prompt : .decode
        if phase == .decode {
            visits[phase]![entry.layer] = []
            tokens[phase]![entry.layer] = 0
        }
        let token = tokens[phase]![entry.layer]
        tokens[phase]![entry.layer] += 1
        for (slot, (expert, weight)) in zip(entry.experts, entry.weights).enumerated() {
            visits[phase]![entry.layer].append(
                Assignment.Visit(token: token, slot: slot, expert: expert, weight: weight))
        }
    }

    /// What the tokens of a phase asked of a layer; nil where they visited none.
    func assignment(layer: Int, _ phase: PlanningPhase) -> Assignment? {
        guard let own = visits[phase]?[layer], !own.isEmpty else { return nil }
        return Assignment(own, tokens: tokens[phase]![layer], experts: experts)
    }
}
