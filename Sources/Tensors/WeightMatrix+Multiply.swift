import CKernels

extension WeightMatrix {
    /// Writes `view[i, column + r]` = Σ over c of `self[r, c]` × `activations[i, c]` for all rows r.
    ///
    /// Runs on the calling thread. Every number is summed in one order whatever the rows and tokens beside it are, unless
    /// `exact` is false, the weights are f32 and there are enough tokens for BLAS.
    ///
    /// - Parameters:
    ///   - tokens: the activation rows i; nil: all in use.
    ///   - row: the row of the view that the first of them fills, instead of the one of the same number.
    package func multiply(
        _ activations: borrowing Activations, tokens: Range<Int>? = nil, into view: MatrixView, row: Int? = nil,
        column: Int = 0, exact: Bool
    ) {
        multiply(activations.view, tokens: tokens, into: view, row: row, column: column, exact: exact)
    }

    /// The same for a view of activations.
    package func multiply(
        _ activations: ActivationsView, tokens: Range<Int>? = nil, into view: MatrixView, row: Int? = nil,
        column: Int = 0, exact: Bool
    ) {
        let range = tokens ?? 0..<activations.rows
        let row = row ?? range.lowerBound
        precondition(activations.columns == columns, "\(rows) × \(columns) times \(activations.columns) columns")
        precondition(
            column >= 0 && column + rows <= view.columns, "columns \(column)..<\(column + rows) of \(view.columns)")
        precondition(
            range.lowerBound >= 0 && range.upperBound <= activations.rows, "tokens \(range) of \(activations.rows)")
        precondition(row >= 0 && row + range.count <= view.rows, "\(range.count) rows from \(row) into \(view.rows)")
        precondition(
            format.isQuantized ? activations.hasBlocks : activations.hasFloats,
            "\(format.rawValue) weights need activations loaded as \(format.isQuantized ? "blocks" : "floats")")
        let (tokens, stride) = (range.count, view.columns)
        let out = view.storage + row * stride + column
        let floats = activations.floats + range.lowerBound * columns
        if !exact, format == .f32, multiplyWithBLAS(floats, tokens: tokens, into: out, stride: stride) { return }
        let blocks = activations.blocks + range.lowerBound * (columns / 32)
        let input = format.isQuantized ? UnsafeRawPointer(blocks) : UnsafeRawPointer(floats)
        format.kernels.multiply(bytes, rows, columns, input, tokens, out, stride)
    }

    /// From how many activation rows on BLAS is the faster one.
    package static let leastTokensForBLAS = 16

    /// - Returns: false where the product is better left to our own kernel, or there is no BLAS.
    private func multiplyWithBLAS(
        _ activations: UnsafePointer<Float>, tokens: Int, into out: UnsafeMutablePointer<Float>, stride: Int
    ) -> Bool {
        #if OpenBLAS
            guard tokens >= Self.leastTokensForBLAS, rows >= 32, columns >= 32,
                case .success(let library) = OpenBLAS.opened
            else { return false }
            library.multiply(
                activations, by: bytes.assumingMemoryBound(to: Float.self), rows: tokens, columns: rows, depth: columns,
                into: out, stride: stride)
            return true
        #else
            return false
        #endif
    }
}
