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
        for index in products.indices { tiles += products[index].tiles(rows) }
        forEach(tiles) { tile in
            var tile = tile
            var index = 0
            while tile >= products[index].tiles(rows) {
                tile -= products[index].tiles(rows)
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

    /// - Parameter rows: activation rows in use.
    fileprivate func tiles(_ rows: Int) -> Int {
        let height = rowsPerTile(rows)
        return (weights.rows + height - 1) / height
    }

    fileprivate func run(_ tile: Int, _ activations: borrowing Activations, exact: Bool) {
        let height = rowsPerTile(activations.rows)
        let range = tile * height..<min((tile + 1) * height, weights.rows)
        weights.rows(range)
            .multiply(activations, tokens: tokens, into: view, column: column + range.lowerBound, exact: exact)
    }
}
