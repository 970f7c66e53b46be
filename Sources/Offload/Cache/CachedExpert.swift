import Mixture
import Synchronization
import Tensors

/// An expert of the store and where it is just now; also the lease that callers hold, so that leasing allocates nothing.
final class CachedExpert: ExpertLease, @unchecked Sendable {  // The table's lock; `readyTiles` for payloads.
    enum State {
        case absent
        /// Asked for, and waiting for a slot.
        case waiting
        case landing(Reader.Urgency)
        case resident
        case failed(any Error)
    }

    let index: ExpertIndex
    let layer: Int
    let expert: Int
    let layout: ExpertLayout
    /// What must stand at the start of its record.
    let header: RecordHeader
    /// Where its record begins in the file.
    let offset: Int
    let sizeClass: Int
    /// Leading tiles that have landed and were found right.
    let readyTiles = Atomic(0)
    private unowned let table: ExpertTable

    // The table's, under its lock.
    var state = State.absent
    var slot: Slot?
    var leases = 0
    /// Keeps the cache alive while there are leases.
    var cache: ExpertCache?
    /// Read because of a prediction, and not asked for so far.
    var isReadAhead = false
    /// Predicted for the next time tokens come to its layer.
    var isExpected = false
    /// Whether all of it was there when it was last asked for.
    var wasWhole = false
    /// Its place in a list of experts that may be evicted.
    var idlePosition: Int?

    init(
        index: ExpertIndex, layer: Int, expert: Int, _ layout: ExpertLayout, offset: Int, sizeClass: Int,
        _ table: ExpertTable
    ) {
        self.index = index
        self.layer = layer
        self.expert = expert
        self.layout = layout
        self.offset = offset
        self.sizeClass = sizeClass
        self.table = table
        header = layout.header(layer: layer, expert: expert)
    }

    var record: RecordLayout { header.layout }
    var isResident: Bool { readyTiles.load(ordering: .acquiring) == layout.tiles.count }

    func wait(tile: Int, unless isCancelled: () -> Bool) throws {
        if readyTiles.load(ordering: .acquiring) <= tile {
            try table.wait(for: self, tile: tile, unless: isCancelled)
        }
    }

    func release() { table.release(self) }

    func error(tile: Int? = nil, found: String) -> ExpertError {
        ExpertError(store: table.path, layer: layer, expert: expert, tile: tile, found: found)
    }

    /// The payload stays where it is until the lease ends.
    func payload(through tile: Int) throws -> ExpertPayload {
        if readyTiles.load(ordering: .acquiring) <= tile { try table.wait(for: self, tile: tile) { false } }
        guard let slot else { preconditionFailure("expert \(expert) of layer \(layer) is used without a lease") }
        return ExpertPayload(bytes: slot.payload, owner: self)
    }
}

/// Why an expert could not be read.
package struct ExpertError: Error, Equatable, CustomStringConvertible {
    package let store: String
    package let layer: Int
    package let expert: Int
    /// The tile that is damaged, when it is one.
    package let tile: Int?
    package let found: String

    package var description: String {
        let place = tile.map { "tile \($0) of " } ?? ""
        return
            "\(store): \(place)expert \(expert) of layer \(layer) \(found); copy the store again, or pack the model again with --force"
    }
}
