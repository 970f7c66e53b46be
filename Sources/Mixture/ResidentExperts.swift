import Tensors

/// Experts that are all in memory.
package final class ResidentExperts: ExpertSource {
    private let layouts: [ExpertLayout]
    private let experts: [[LoneExpert]]

    /// - Parameter weights: for each layer and expert, its payload in the layout of the layer.
    package init(layouts: [ExpertLayout], payloads: [[ExpertPayload]]) {
        self.layouts = layouts
        experts = zip(layouts, payloads).map { layout, payloads in
            payloads.enumerated().map { LoneExpert(expert: $0, layout: layout, payload: $1) }
        }
    }

    package func layout(layer: Int) -> ExpertLayout { layouts[layer] }

    package func lease(_ wanted: [ExpertVisits], layer: Int, tokens: Int, into leases: inout [any ExpertLease]) {
        leases.removeAll(keepingCapacity: true)
        for visits in wanted { leases.append(experts[layer][visits.expert]) }
    }

    package func prefetch(_ experts: [Int], layer: Int) {}
}
