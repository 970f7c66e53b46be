package import Tensors

/// The weights of one expert in memory: the one place where tiles of an ``ExpertLayout`` become matrices.
package struct ExpertPayload: @unchecked Sendable {  // The weights are not written while somebody computes with them.
    private enum Weights {
        case bytes(UnsafeRawPointer, owner: AnyObject)
        case matrices(gate: WeightMatrix, up: WeightMatrix, down: WeightMatrix)
    }

    private let weights: Weights

    /// Weights laid out as an ``ExpertLayout`` says.
    ///
    /// - Precondition: `bytes` is 64-byte aligned, holds the layout's length, and lives as long as `owner`.
    package init(bytes: UnsafeRawPointer, owner: AnyObject) {
        weights = .bytes(bytes, owner: owner)
    }

    /// Three matrices that lie anywhere.
    package init(gate: WeightMatrix, up: WeightMatrix, down: WeightMatrix) {
        weights = .matrices(gate: gate, up: up, down: down)
    }

    /// The weights of a gate-and-up tile.
    package func gateAndUp(_ tile: ExpertLayout.Tile, _ shape: ExpertShape) -> (gate: WeightMatrix, up: WeightMatrix) {
        precondition(tile.part == .gateAndUp, "a tile of rows \(tile.rows) of down as one of gate and up")
        return switch weights {
        case .bytes(let bytes, let owner):
            (
                matrix(shape.gateFormat, tile, columns: shape.hiddenSize, at: bytes + tile.offset, owner),
                matrix(shape.upFormat, tile, columns: shape.hiddenSize, at: bytes + tile.offset + tile.upOffset, owner)
            )
        case .matrices(let gate, let up, _): (gate.rows(tile.rows), up.rows(tile.rows))
        }
    }

    /// The weights of a down tile.
    package func down(_ tile: ExpertLayout.Tile, _ shape: ExpertShape) -> WeightMatrix {
        precondition(tile.part == .down, "a tile of rows \(tile.rows) of gate and up as one of down")
        return switch weights {
        case .bytes(let bytes, let owner):
            matrix(shape.downFormat, tile, columns: shape.intermediateSize, at: bytes + tile.offset, owner)
        case .matrices(_, _, let down): down.rows(tile.rows)
        }
    }

    private func matrix(
        _ format: WeightFormat, _ tile: ExpertLayout.Tile, columns: Int, at start: UnsafeRawPointer, _ owner: AnyObject
    ) -> WeightMatrix {
        WeightMatrix(format: format, rows: tile.rows.count, columns: columns, bytes: start, owner: owner)
    }
}
