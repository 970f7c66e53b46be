import Mixture
import ModelFiles
import Tensors

/// The three matrices of an expert, on their way from a model file into a record.
struct ExpertRows {
    private let layout: ExpertLayout
    private let gate: RowPacker
    private let up: RowPacker
    private let down: RowPacker

    init(layer: Int, expert: Int, _ layout: ExpertLayout, _ source: any ModelSource, _ options: PackOptions) throws {
        let shape = layout.shape
        self.layout = layout
        gate = try PackPlan.packer(
            TensorRole(.expertGate, layer: layer, expert: expert), source, as: shape.gateFormat, options)
        up = try PackPlan.packer(
            TensorRole(.expertUp, layer: layer, expert: expert), source, as: shape.upFormat, options)
        down = try PackPlan.packer(
            TensorRole(.expertDown, layer: layer, expert: expert), source, as: shape.downFormat, options)
    }

    /// Fills the payload, the workers taking a tile each.
    func pack(into payload: UnsafeMutableRawBufferPointer, _ workers: Workers, _ isCancelled: @Sendable () -> Bool)
        throws
    {
        let payload = Payload(bytes: payload)
        try withoutActuallyEscaping(isCancelled) { isCancelled in
            try workers.forEach(layout.tiles.count) { index in
                guard !isCancelled() else { throw PackError.cancelled }
                try pack(layout.tiles[index], into: payload)
            }
        }
    }

    private func pack(_ tile: ExpertLayout.Tile, into payload: Payload) throws {
        let bytes = UnsafeMutableRawBufferPointer(rebasing: payload.bytes[tile.offset..<tile.offset + tile.length])
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
        switch tile.part {
        case .gateAndUp:
            try gate.pack(tile.rows, into: UnsafeMutableRawBufferPointer(rebasing: bytes[..<tile.upOffset]))
            try up.pack(tile.rows, into: UnsafeMutableRawBufferPointer(rebasing: bytes[tile.upOffset...]))
        case .down:
            try down.pack(tile.rows, into: bytes)
        }
    }

    private struct Payload: @unchecked Sendable {  // Workers write disjoint tiles, and are done before it goes away.
        let bytes: UnsafeMutableRawBufferPointer
    }
}
