package import ModelFiles
package import Tensors

/// The attention of one layer with the keys and values it remembers.
final class Attention {
    private let weights: DenseWeights.Layer
    private let architecture: Architecture
    private var cache: KeyValueCache
    private var norms: QueryKeyNorms?

    init(_ weights: DenseWeights.Layer, _ architecture: Architecture, _ limits: PassLimits) {
        self.weights = weights
        self.architecture = architecture
        norms = QueryKeyNorms(weights)
        cache = KeyValueCache(KeyValueLayout(architecture, limits))
    }

    /// Adds to some rows of the residual stream what their tokens find at the positions before them.
    ///
    /// Grouped queries (Ainslie et al., 2023, arXiv 2305.13245), rotary positions, and a sliding window if the model has one.
    ///
    /// - Parameter position: that of the first row.
    func run(_ rows: Range<Int>, at position: Int, _ scratch: inout Scratch, on workers: Workers) {
        scratch.hidden.rmsNorm(
            rows: rows, weight: weights.attentionNorm, epsilon: architecture.normEpsilon, into: &scratch.normed,
            on: workers)
        project(&scratch, on: workers)
        norms?.normalize(&scratch, epsilon: architecture.normEpsilon, on: workers)
        scratch.rotary.turn(to: position..<position + rows.count)
        scratch.rotary.rotate(&scratch.queries, headSize: architecture.headSize, on: workers)
        scratch.rotary.rotate(&scratch.keys, headSize: architecture.headSize, on: workers)
        cache.append(keys: scratch.keys, values: scratch.values, at: position)
        cache.attend(
            scratch.queries, at: position, scale: 1 / Float(architecture.headSize).squareRoot(),
            into: &scratch.attended, sums: &scratch.stretchSums, on: workers)
        scratch.attendedInputs.load(scratch.attended, for: [weights.attentionOutput.format], on: workers)
        scratch.normed.withView { view in
            workers.multiply(scratch.attendedInputs, by: weights.attentionOutput, into: view, exact: false)
        }
        scratch.hidden.add(scratch.normed, toRowsFrom: rows.lowerBound, on: workers)
    }

    /// Queries, keys and values of the normalized rows, in one parallel loop.
    private func project(_ scratch: inout Scratch, on workers: Workers) {
        let rows = scratch.normed.rows
        scratch.inputs.load(
            scratch.normed, for: [weights.query.format, weights.key.format, weights.value.format], on: workers)
        scratch.queries.use(rows: rows)
        scratch.keys.use(rows: rows)
        scratch.values.use(rows: rows)
        scratch.queries.withView { queries in
            scratch.keys.withView { keys in
                scratch.values.withView { values in
                    let products: [3 of Workers.Product] = [
                        .init(weights.query, into: queries), .init(weights.key, into: keys),
                        .init(weights.value, into: values),
                    ]
                    workers.multiply(scratch.inputs, products.span, exact: false)
                }
            }
        }
    }
}

extension KeyValueLayout {
    /// That of one layer.
    package init(_ architecture: Architecture, _ limits: PassLimits) {
        self.init(
            positions: limits.positions, heads: architecture.keyValueHeadCount, headSize: architecture.headSize,
            format: limits.keyValueFormat, window: architecture.slidingWindow, repeatable: limits.repeatableTokens)
    }
}

/// The norms of queries and keys (``QueryKeyNorm``), as wide as their weights: of every head, or of all together.
private struct QueryKeyNorms: ~Copyable {
    /// `[1, width]`
    private var query: Matrix
    private var key: Matrix

    /// - Returns: nil when the layer has none.
    init?(_ weights: DenseWeights.Layer) {
        guard let query = weights.queryNorm, let key = weights.keyNorm else { return nil }
        self.query = Matrix(query)
        self.key = Matrix(key)
    }

    mutating func normalize(_ scratch: inout Scratch, epsilon: Float, on workers: Workers) {
        query.withView { scratch.queries.normalizeParts(by: $0, epsilon: epsilon, on: workers) }
        key.withView { scratch.keys.normalizeParts(by: $0, epsilon: epsilon, on: workers) }
    }
}

extension Matrix {
    /// Normalizes parts of rows that are as wide as the weight.
    fileprivate mutating func normalizeParts(by weight: MatrixView, epsilon: Float, on workers: Workers) {
        withView { view in
            let size = weight.columns
            let parts = view.reshaped(rows: view.rows * view.columns / size, columns: size)
            RMSNorm.forward(parts, weight: weight, epsilon: epsilon, into: parts, on: workers)
        }
    }
}
