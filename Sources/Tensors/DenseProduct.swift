extension Workers {
    /// `result` = `left` · `right`, of matrices in f32 that may be taken transposed; or the product added to what is there.
    package struct DenseProduct: Sendable {
        package var left: MatrixView
        package var transposesLeft: Bool
        package var right: MatrixView
        package var transposesRight: Bool
        package var result: MatrixView
        /// Whether the product is added to `result` instead of replacing it.
        package var adds: Bool

        /// - Parameters:
        ///   - left: `[m, k]`, or `[k, m]` when transposed.
        ///   - right: `[k, n]`, or `[n, k]` when transposed.
        ///   - result: `[m, n]`.
        package init(
            _ left: MatrixView, transposed transposesLeft: Bool = false, by right: MatrixView,
            transposed transposesRight: Bool = false, into result: MatrixView, adding adds: Bool = false
        ) {
            self.left = left
            self.transposesLeft = transposesLeft
            self.right = right
            self.transposesRight = transposesRight
            self.result = result
            self.adds = adds
        }
    }

    /// Computes products as one parallel loop. No result may be part of another product of the loop.
    package func multiply(_ products: [DenseProduct]) {
        forEach(products.count) { products[$0].run() }
    }

    /// `result` (+)= `left` · `right`.
    package func multiply(
        _ left: MatrixView, transposed transposesLeft: Bool = false, by right: MatrixView,
        transposed transposesRight: Bool = false, into result: MatrixView, adding adds: Bool = false
    ) {
        multiply([
            DenseProduct(
                left, transposed: transposesLeft, by: right, transposed: transposesRight, into: result, adding: adds)
        ])
    }
}

extension Workers.DenseProduct {
    private var shape: (m: Int, n: Int, k: Int) {
        (
            transposesLeft ? left.columns : left.rows, transposesRight ? right.rows : right.columns,
            transposesLeft ? left.rows : left.columns
        )
    }

    fileprivate func run() {
        let (m, n, k) = shape
        precondition(
            (transposesRight ? right.columns : right.rows) == k && result.rows == m && result.columns == n,
            "[\(m), \(k)] · [\(transposesRight ? right.columns : right.rows), \(n)] into \(result.rows) × \(result.columns)"
        )
        for row in 0..<m {
            for column in 0..<n {
                var sum: Float = adds ? result.storage[row * n + column] : 0
                for inner in 0..<k {
                    let a = left.storage[transposesLeft ? inner * left.columns + row : row * left.columns + inner]
                    let b = right.storage[
                        transposesRight ? column * right.columns + inner : inner * right.columns + column]
                    sum.addProduct(a, b)
                }
                result.storage[row * n + column] = sum
            }
        }
    }
}
