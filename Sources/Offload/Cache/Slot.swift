import Mixture
import Synchronization
import Tensors

/// Room for one expert of its size, and the transfer that fills it.
///
/// It gets bytes on the loader's thread, checks each tile as soon as it is whole, and only then shows it to others.
final class Slot: TransferRecipient, @unchecked Sendable {  // `expert` changes only between transfers, locked.
    let sizeClass: Int
    private let memory: UnsafeMutableRawBufferPointer
    private unowned let table: ExpertTable
    private(set) lazy var transfer = Transfer(into: memory, for: self)
    private(set) var expert: CachedExpert?
    private var isHeaderChecked = false
    /// Whether an expert has filled it, now or before.
    private(set) var isTouched = false
    /// Whether it is to be empty for good.
    var isWithdrawn = false

    init(_ memory: UnsafeMutableRawBufferPointer, sizeClass: Int, _ table: ExpertTable) {
        self.memory = memory
        self.sizeClass = sizeClass
        self.table = table
    }

    var bytes: Int { memory.count }

    /// The payload of the expert that has the slot.
    var payload: UnsafeRawPointer { UnsafeRawPointer(memory.baseAddress! + expert!.record.payloadOffsetInWindow) }

    /// Makes the transfer ready to bring an expert.
    func take(_ expert: CachedExpert) {
        self.expert = expert
        isHeaderChecked = false
        transfer.offset = expert.offset - RecordLayout.pageHeaderBytes
        transfer.length = expert.record.windowLength
    }

    /// Asks for some bytes of a payload from a node's memory.
    func prefer(_ node: Int, of nodes: MemoryNodes, for bytes: Range<Int>, offset: Int) {
        let part = offset + bytes.lowerBound..<min(offset + bytes.upperBound, memory.count)
        nodes.prefer(node, for: UnsafeMutableRawBufferPointer(rebasing: memory[part]))
    }

    func leave() { expert = nil }

    func touch() { isTouched = true }

    func transfer(_ transfer: Transfer, reached byteCount: Int) throws {
        guard let expert, byteCount >= expert.record.payloadOffsetInWindow else { return }
        let record = UnsafeRawBufferPointer(rebasing: memory[RecordLayout.pageHeaderBytes...])
        if !isHeaderChecked {
            if let fault = expert.header.fault(in: record) { throw expert.error(found: fault) }
            isHeaderChecked = true
        }
        let before = expert.readyTiles.load(ordering: .relaxed)
        var ready = before
        defer { if ready > before { table.show(expert, tiles: ready) } }
        while ready < expert.layout.tiles.count {
            let tile = expert.layout.tiles[ready]
            let start = expert.record.payloadOffset + tile.offset
            guard RecordLayout.pageHeaderBytes + start + tile.length <= byteCount else { return }
            let found = crc32c(UnsafeRawBufferPointer(rebasing: record[start..<start + tile.length]))
            let written = RecordHeader.checksum(ofTile: ready, in: record)
            guard found == written else {
                throw expert.error(tile: ready, found: "has checksum \(hex(found)), and \(hex(written)) was written")
            }
            ready += 1
        }
    }

    func transferEnded(_ transfer: Transfer, _ outcome: TransferOutcome) { table.ended(self, outcome) }
}
