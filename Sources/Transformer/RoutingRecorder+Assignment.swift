import Mixture
import Profiling

extension RoutingRecorder {
    /// Records where the tokens of a pass go in one layer.
    ///
    /// - Parameter gates: one for each token, or none.
    func record(
        _ assignment: Assignment, of tokens: ArraySlice<Int>, gates: [GateReading] = [], at position: Int, layer: Int,
        phase: RoutingTraceEntry.Phase
    ) throws {
        let (rows, offsets) = assignment.rowsByToken()
        for (row, id) in tokens.enumerated() {
            let visits = rows[offsets[row]..<offsets[row + 1]].map { assignment.visits[$0] }
            try record(
                RoutingTraceEntry(
                    phase: phase, token: position + row, id: id, layer: layer, experts: visits.map(\.expert),
                    weights: visits.map(\.weight), gate: gates.isEmpty ? nil : gates[row]))
        }
    }
}
