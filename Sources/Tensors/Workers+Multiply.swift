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
        let rows = activations.rows
        var tiles = 0
        for index in products.indices { tiles += products[index].tiles(rows, exact: exact) }
        forEach(tiles) { tile in
            var tile = tile
            var index = 0
            while tile >= products[index].tiles(rows, exact: exact) {
                tile -= products[index].tiles(rows, exact: exact)
                index += 1
            }
            products[index].run(tile, activations, exact: exact)
        }
    }
}

extension Workers.Product {
    /// Rows of a tile: about 64 KiB of weights for few tokens, more for many. Depends on the shapes alone.
    private func rowsPerTile(_ rows: Int) -> Int {
        let tokens = tokens?.count ?? rows
        if weights.format == .f32, tokens >= WeightMatrix.leastTokensForBLAS { return 256 }
        let pair = 2 * WeightFormat.rowsPerGroup
        let height = (64 << 10) / (2 * weights.format.bytesPerGroup(columns: weights.columns)!) * pair
        return max(height, tokens < 8 ? pair : 2 * pair)
    }

    /// Tokens of a tile: not so many that a tile takes long, where that changes no bit.
    private func tokensPerTile(exact: Bool) -> Int { exact || weights.format != .f32 ? 1024 : .max }

    /// - Parameter rows: activation rows in use.
    fileprivate func tiles(_ rows: Int, exact: Bool) -> Int {
        let tokens = tokens?.count ?? rows
        let breadth = tokensPerTile(exact: exact)
        return tilesOfRows(rows) * (tokens > breadth ? (tokens + breadth - 1) / breadth : 1)
    }

    private func tilesOfRows(_ rows: Int) -> Int {
        let height = rowsPerTile(rows)
        return (weights.rows + height - 1) / height
    }

    fileprivate func run(_ tile: Int, _ activations: borrowing Activations, exact: Bool) {
        let (part, tile) = tile.quotientAndRemainder(dividingBy: tilesOfRows(activations.rows))
        let height = rowsPerTile(activations.rows)
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
