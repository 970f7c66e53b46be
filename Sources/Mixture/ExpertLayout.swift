package import Tensors

/// What an expert's weights look like: `down(silu(gate(x)) × up(x))`.
package struct ExpertShape: Codable, Hashable, Sendable {
    package var hiddenSize: Int
    package var intermediateSize: Int
    package var gateFormat: WeightFormat
    package var upFormat: WeightFormat
    package var downFormat: WeightFormat

    package init(
        hiddenSize: Int, intermediateSize: Int, gateFormat: WeightFormat, upFormat: WeightFormat,
        downFormat: WeightFormat
    ) {
        self.hiddenSize = hiddenSize
        self.intermediateSize = intermediateSize
        self.gateFormat = gateFormat
        self.upFormat = upFormat
        self.downFormat = downFormat
    }

    /// Whether some of its weights are f32.
    package var hasFloats: Bool { [gateFormat, upFormat, downFormat].contains(.f32) }
}

/// Where the rows of an expert lie in its payload.
///
/// The payload is a sequence of tiles, each on a 64-byte boundary: first gate rows followed by the up rows of the same
/// numbers, then down rows. A tile can be computed as soon as its own bytes are there.
package struct ExpertLayout: Sendable, Hashable {
    package enum Part: Sendable, Hashable { case gateAndUp, down }

    package struct Tile: Sendable, Hashable {
        package let part: Part
        /// Rows of gate and up, or of down; whole groups of 16 but for the last.
        package let rows: Range<Int>
        /// Bytes from the start of the payload.
        package let offset: Int
        package let length: Int
        /// Where the up rows begin, from the start of the tile (0 in a down tile).
        package let upOffset: Int
    }

    package let shape: ExpertShape
    package let tiles: [Tile]
    /// Bytes of the payload.
    package let length: Int
    /// Tiles before the first down tile.
    package let gateAndUpTiles: Int

    /// Cuts an expert into tiles of about `tileBytes`.
    ///
    /// - Returns: nil when a width does not divide into blocks of its format, or a size overflows.
    package init?(_ shape: ExpertShape, tileBytes: Int = 512 << 10) {
        guard let gateGroup = shape.gateFormat.bytesPerGroup(columns: shape.hiddenSize),
            let upGroup = shape.upFormat.bytesPerGroup(columns: shape.hiddenSize),
            let downGroup = shape.downFormat.bytesPerGroup(columns: shape.intermediateSize),
            shape.gateFormat.packedBytes(rows: shape.intermediateSize, columns: shape.hiddenSize) != nil,
            shape.upFormat.packedBytes(rows: shape.intermediateSize, columns: shape.hiddenSize) != nil,
            shape.downFormat.packedBytes(rows: shape.hiddenSize, columns: shape.intermediateSize) != nil
        else { return nil }
        var tiles: [Tile] = []
        var offset = 0
        for rows in Self.rowRanges(shape.intermediateSize, bytesPerGroup: gateGroup + upGroup, tileBytes: tileBytes) {
            let groups = WeightFormat.groups(rows: rows.count)
            let upOffset = Self.aligned(groups * gateGroup)
            let length = Self.aligned(upOffset + groups * upGroup)
            tiles.append(Tile(part: .gateAndUp, rows: rows, offset: offset, length: length, upOffset: upOffset))
            offset += length
        }
        gateAndUpTiles = tiles.count
        for rows in Self.rowRanges(shape.hiddenSize, bytesPerGroup: downGroup, tileBytes: tileBytes) {
            let length = Self.aligned(WeightFormat.groups(rows: rows.count) * downGroup)
            tiles.append(Tile(part: .down, rows: rows, offset: offset, length: length, upOffset: 0))
            offset += length
        }
        self.shape = shape
        self.tiles = tiles
        length = offset
    }

    private static func rowRanges(_ rows: Int, bytesPerGroup: Int, tileBytes: Int) -> [Range<Int>] {
        let step = max(1, tileBytes / bytesPerGroup) * WeightFormat.rowsPerGroup
        return stride(from: 0, to: rows, by: step).map { $0..<min($0 + step, rows) }
    }

    private static func aligned(_ bytes: Int) -> Int { (bytes + 63) / 64 * 64 }
}
