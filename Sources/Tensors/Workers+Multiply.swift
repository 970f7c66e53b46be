extension Workers {
    /// A product with weights `[rows, columns]`: fills columns `column` and up of `view`, in the rows `tokens`.
    package struct Product: Sendable {
        package var weights: WeightMatrix
        /// The activation rows; nil: all in use.
        package var tokens: Range<Int>?
        package var view: MatrixView
        package var column: Int

        package init(_ weights: WeightMatrix, tokens: Range<Int>? = nil, into view: MatrixView, column: Int = 0) {
            self.weights = weights
            self.tokens = tokens
            self.view = view
            self.column = column
        }
    }

    /// `view[i, column + r]` = row r of the weights × activation row i, spread over the threads.
    package func multiply(
        _ activations: borrowing Activations, by weights: WeightMatrix, into view: MatrixView, column: Int = 0,
        exact: Bool
    ) {
        let products: [1 of Product] = [Product(weights, into: view, column: column)]
        multiply(activations, products.span, exact: exact)
    }

    /// Several products of one input as one parallel loop: query, key and value, or the experts of a layer.
    package func multiply(_ activations: borrowing Activations, _ products: Span<Product>, exact: Bool) {
        let (rows, threads) = (activations.rows, count)
        var tiles = 0
        for index in products.indices { tiles += products[index].tiles(rows, exact: exact, threads: threads) }
        forEach(tiles) { tile in
            var tile = tile
            var index = 0
            while tile >= products[index].tiles(rows, exact: exact, threads: threads) {
                tile -= products[index].tiles(rows, exact: exact, threads: threads)
                index += 1
            }
            products[index].run(tile, activations, exact: exact, threads: threads)
        }
    }
}

extension Workers.Product {
    /// Rows of a tile. For few tokens an eighth of a thread's share: a tile begins with memory that nobody has asked for yet, so
    /// that longer ones are read faster. Where BLAS may multiply it depends on the shapes alone; elsewhere it changes no bit.
    private func rowsPerTile(_ rows: Int, threads: Int) -> Int {
        let tokens = tokens?.count ?? rows
        if weights.format == .f32, tokens >= WeightMatrix.leastTokensForBLAS { return 256 }
        let pair = 2 * WeightFormat.rowsPerGroup
        let bytesPerPair = 2 * weights.format.bytesPerGroup(columns: weights.columns)!
        let share = weights.rows / pair * bytesPerPair / (8 * threads)
        let bytes = tokens < 8 ? min(max(share, 64 << 10), 512 << 10) : 64 << 10
        return max(bytes / bytesPerPair * pair, tokens < 8 ? pair : 2 * pair)
    }

    /// Tokens of a tile: not so many that a tile takes long, where that changes no bit.
    private func tokensPerTile(exact: Bool) -> Int { exact || weights.format != .f32 ? 1024 : .max }

    /// - Parameter rows: activation rows in use.
    fileprivate func tiles(_ rows: Int, exact: Bool, threads: Int) -> Int {
        let tokens = tokens?.count ?? rows
        let breadth = tokensPerTile(exact: exact)
        return tilesOfRows(rows, threads: threads) * (tokens > breadth ? (tokens + breadth - 1) / breadth : 1)
    }

    private func tilesOfRows(_ rows: Int, threads: Int) -> Int {
        let height = rowsPerTile(rows, threads: threads)
        return (weights.rows + height - 1) / height
    }

    fileprivate func run(_ tile: Int, _ activations: borrowing Activations, exact: Bool, threads: Int) {
        let (part, tile) = tile.quotientAndRemainder(dividingBy: tilesOfRows(activations.rows, threads: threads))
        let height = rowsPerTile(activations.rows, threads: threads)
        let range = tile * height..<min((tile + 1) * height, weights.rows)
        weights.rows(range)
            .multiply(
                activations, tokens: tokens(of: part, among: activations.rows, exact: exact), into: view,
                column: column + range.lowerBound, exact: exact)
    }

    private func tokens(of part: Int, among rows: Int, exact: Bool) -> Range<Int> {
        let all = tokens ?? 0..<rows
        let breadth = tokensPerTile(exact: exact)
        guard all.count > breadth else { return all }
        let first = all.lowerBound + part * breadth
        return first..<min(first + breadth, all.upperBound)
    }
}
