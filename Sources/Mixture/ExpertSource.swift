package import Tensors

/// Where a layer gets its experts from: memory, or a cache in front of a store.
package protocol ExpertSource: AnyObject, Sendable {
    /// How the experts of a layer are cut into tiles.
    func layout(layer: Int) -> ExpertLayout

    /// Asks for experts that tokens visit now, and returns at once when the caller holds no other leases.
    ///
    /// The leases come in the order in which they are best computed: resident ones first, then those on their way, then
    /// the others in the order they were asked for. An expert may have to wait for room until leases before it have been
    /// released, so compute and release in this order, and release a layer's leases before asking for the next.
    ///
    /// - Parameters:
    ///   - experts: each expert once, with the number of visits.
    ///   - tokens: how many tokens pass the layer in this call (the clock of the eviction policies).
    ///   - leases: emptied, then filled; reused from call to call so that a token allocates nothing.
    func lease(_ experts: [ExpertVisits], layer: Int, tokens: Int, into leases: inout [any ExpertLease]) throws

    /// Says that these experts will probably be asked for soon. Never delays a lease; may do nothing.
    func prefetch(_ experts: [Int], layer: Int)
}

/// An expert and how many of the tokens at hand visit it.
package struct ExpertVisits: Sendable, Equatable {
    package var expert: Int
    package var visits: Int

    package init(expert: Int, visits: Int) {
        self.expert = expert
        self.visits = visits
    }
}

/// The right to compute with an expert until it is released.
package protocol ExpertLease: AnyObject, Sendable {
    var expert: Int { get }
    /// Whether every tile is there already.
    var isResident: Bool { get }

    /// Waits until a tile can be used, or fails.
    ///
    /// - Parameter isCancelled: asked now and then, on this thread.
    /// - Throws: `CancellationError` once it says yes.
    func wait(tile: Int, unless isCancelled: () -> Bool) throws

    /// How it is cut into tiles.
    var layout: ExpertLayout { get }
    /// The expert's weights, of which the tiles up to this one may be used: they have landed, and their checksums were found
    /// right. Waits for that.
    func payload(through tile: Int) throws -> ExpertPayload

    /// Gives the expert back; its weights may be replaced from now on.
    func release()
}

extension ExpertLease {
    package func wait(tile: Int, unless isCancelled: () -> Bool) {}

    /// The weights of a gate-and-up tile. Waits for them.
    package func gateAndUp(tile: Int) throws -> (gate: WeightMatrix, up: WeightMatrix) {
        try payload(through: tile).gateAndUp(layout.tiles[tile], layout.shape)
    }

    /// The weights of a down tile; `tile` counts from the first tile of the expert. Waits for them.
    package func down(tile: Int) throws -> WeightMatrix {
        try payload(through: tile).down(layout.tiles[tile], layout.shape)
    }
}
