/// Lends a rank's own experts; all others are somebody else's to compute.
package final class OwnedExperts: ExpertSource {
    private let source: any ExpertSource
    private let own: Range<Int>

    /// - Parameter own: those of every layer that are this rank's.
    package init(_ own: Range<Int>, of source: any ExpertSource) {
        self.source = source
        self.own = own
    }

    package func layout(layer: Int) -> ExpertLayout { source.layout(layer: layer) }

    package func lease(
        _ experts: [ExpertVisits], layer: Int, tokens: Int, into leases: inout [any ExpertLease]
    ) throws {
        try source.lease(experts.filter { own.contains($0.expert) }, layer: layer, tokens: tokens, into: &leases)
    }

    package func prefetch(_ experts: [Int], layer: Int) {
        source.prefetch(experts.filter(own.contains), layer: layer)
    }
}
