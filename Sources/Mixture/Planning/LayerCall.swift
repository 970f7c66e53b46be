/// What a layer is computed for; the best strategies differ (FSMoE: Pan et al., 2025, arXiv 2501.10714).
public enum PlanningPhase: String, Codable, Sendable, CaseIterable { case prompt, decode, forward, backward }

/// One use of a layer's experts, as far as planning goes.
package struct LayerCall: Sendable, Hashable {
    package typealias Phase = PlanningPhase

    package var layer: Int
    package var phase: Phase
    /// Whether it is about the expert that every token visits.
    package var isShared: Bool
    package var tokens: Int
    /// Experts that the layer has.
    package var experts: Int
    /// Of each expert that is visited, in the order in which they are best computed.
    package var visits: [Int]

    package init(layer: Int, phase: Phase, isShared: Bool = false, tokens: Int, experts: Int, visits: [Int]) {
        self.layer = layer
        self.phase = phase
        self.isShared = isShared
        self.tokens = tokens
        self.experts = experts
        self.visits = visits
    }

    package var totalVisits: Int { visits.reduce(0, +) }

    /// The greatest load over the mean one; 1 where all experts are visited alike.
    package var imbalance: Double {
        let total = totalVisits
        return total > 0 ? Double(visits.max()! * experts) / Double(total) : 1
    }
}

/// What a planner's dictionary goes by: calls that are alike share what was measured.
package struct LoadKey: Hashable, Codable, Sendable {
    package var layer: Int
    package var phase: LayerCall.Phase
    package var isShared: Bool
    /// ⌊log₂⌋ of the tokens, and of the experts that are visited.
    package var tokens: Int
    package var active: Int
    /// ⌊2 log₂⌋ of the greatest load over the mean one of the experts that are visited.
    package var imbalance: Int

    package init(_ call: LayerCall) {
        layer = call.layer
        phase = call.phase
        isShared = call.isShared
        tokens = Self.logarithm(call.tokens)
        active = Self.logarithm(call.visits.count)
        let total = max(1, call.totalVisits)
        let ratio = Double((call.visits.max() ?? 0) * call.visits.count) / Double(total)
        imbalance = Self.logarithm(Int(max(1, ratio * ratio)))
    }

    /// All of it in one number, since keys are looked up for every layer of every token.
    private var bits: Int {
        let phase = PlanningPhase.allCases.firstIndex(of: phase)! << 1 | (isShared ? 1 : 0)
        return ((layer << 3 | phase) << 6 | tokens) << 12 | active << 6 | imbalance
    }

    package static func == (a: LoadKey, b: LoadKey) -> Bool { a.bits == b.bits }

    package func hash(into hasher: inout Hasher) { hasher.combine(bits) }

    /// The same for all layers whose experts have a shape of this number.
    package func pooled(_ shape: Int) -> LoadKey {
        var key = self
        key.layer = -1 - shape
        return key
    }

    private static func logarithm(_ number: Int) -> Int {
        Int.bitWidth - 1 - max(1, number).leadingZeroBitCount
    }
}
