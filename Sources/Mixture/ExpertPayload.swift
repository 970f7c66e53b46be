package import Tensors

/// The bytes of one expert in memory, laid out as an ``ExpertLayout`` says.
package struct ExpertPayload: @unchecked Sendable {  // The bytes are not written while somebody computes with them.
    private let bytes: UnsafeRawPointer
    private let owner: AnyObject

    /// - Precondition: `bytes` is 64-byte aligned, holds the layout's length, and lives as long as `owner`.
    package init(bytes: UnsafeRawPointer, owner: AnyObject) {
        self.bytes = bytes
        self.owner = owner
    }

    /// The weights of a gate-and-up tile.
    package func gateAndUp(_ tile: ExpertLayout.Tile, _ shape: ExpertShape) -> (gate: WeightMatrix, up: WeightMatrix) {
        (
            matrix(shape.gateFormat, tile, columns: shape.hiddenSize, at: 0),
            matrix(shape.upFormat, tile, columns: shape.hiddenSize, at: tile.upOffset)
        )
    }

    /// The weights of a down tile.
    package func down(_ tile: ExpertLayout.Tile, _ shape: ExpertShape) -> WeightMatrix {
        matrix(shape.downFormat, tile, columns: shape.intermediateSize, at: 0)
    }

    private func matrix(_ format: WeightFormat, _ tile: ExpertLayout.Tile, columns: Int, at offset: Int) -> WeightMatrix
    {
        WeightMatrix(
            format: format, rows: tile.rows.count, columns: columns, bytes: bytes + tile.offset + offset, owner: owner)
    }
}
