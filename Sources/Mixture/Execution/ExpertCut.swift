import Tensors

/// How the work on one expert is cut into units: the same for those who compute and for those who predict.
struct ExpertCut: Sendable {
    enum Stage: Int, CaseIterable { case gather, gateAndUp, inner, down }

    let layout: ExpertLayout

    init(_ layout: ExpertLayout) { self.layout = layout }

    /// Rows that are gathered or converted in one go.
    static let rowsWorthATurn = 8
    /// Units for each thread, so that none waits long for another in the end: more where a unit takes long.
    private static func unitsPerThread(visits: Int) -> Int { max(4, visits / visitsWorthAUnit) }
    private static let visitsWorthAUnit = 16
    /// Rows of weights that kernels take together.
    private static let rowsOfASlice = 2 * WeightFormat.rowsPerGroup

    /// Units of a stage of one of `parts` parts for so many threads.
    func units(_ stage: Stage, visits: Int, among parts: Int, threads: Int) -> Int {
        switch stage {
        case .gather, .inner: (visits + Self.rowsWorthATurn - 1) / Self.rowsWorthATurn
        case .gateAndUp, .down: slices(stage, visits: visits, among: parts, threads: threads) * tiles(stage).count
        }
    }

    /// Rows of activations, or of weights, that a unit is about.
    func rows(_ stage: Stage, _ unit: Int, of units: Int, visits: Int) -> Int {
        switch stage {
        case .gather, .inner: activationRows(unit, of: visits).count
        case .gateAndUp, .down: slice(stage, unit, of: units).rows.count
        }
    }

    func activationRows(_ unit: Int, of visits: Int) -> Range<Int> {
        let first = unit * Self.rowsWorthATurn
        return first..<min(first + Self.rowsWorthATurn, visits)
    }

    /// The tile that a unit belongs to, and which of the tile's rows: none, in a short tile that is cut into many slices.
    func slice(_ stage: Stage, _ unit: Int, of units: Int) -> (tile: Int, rows: Range<Int>) {
        let tiles = tiles(stage)
        let slices = units / tiles.count
        let (index, slice) = unit.quotientAndRemainder(dividingBy: slices)
        let tile = tiles.lowerBound + index
        let rows = layout.tiles[tile].rows.count
        let pieces = (rows + Self.rowsOfASlice - 1) / Self.rowsOfASlice
        func bound(_ slice: Int) -> Int { min(pieces * slice / slices * Self.rowsOfASlice, rows) }
        return (tile, bound(slice)..<bound(slice + 1))
    }

    private func tiles(_ stage: Stage) -> Range<Int> {
        stage == .gateAndUp ? 0..<layout.gateAndUpTiles : layout.gateAndUpTiles..<layout.tiles.count
    }

    /// How many slices of rows each tile is cut into. A tile's product by BLAS is never cut, which would change bits.
    private func slices(_ stage: Stage, visits: Int, among parts: Int, threads: Int) -> Int {
        let shape = layout.shape
        let hasFloats =
            stage == .gateAndUp ? shape.gateFormat == .f32 || shape.upFormat == .f32 : shape.downFormat == .f32
        if threads == 1 || (hasFloats && visits >= WeightMatrix.leastTokensForBLAS) { return 1 }
        let tiles = tiles(stage)
        let units = Self.unitsPerThread(visits: visits) * threads
        let wanted = (units + tiles.count * parts - 1) / (tiles.count * parts)
        return max(1, min(wanted, layout.tiles[tiles.lowerBound].rows.count / Self.rowsOfASlice))
    }
}
