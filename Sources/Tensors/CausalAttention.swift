import CKernels

/// Softmax attention of whole sequences, each token over those before it and itself (Vaswani et al., 2017,
/// arXiv 1706.03762), with neighboring query heads sharing a key and value head (Ainslie et al., 2023, arXiv 2305.13245).
///
/// Scores are scaled by 1 / sqrt(head size). Blocks that lie wholly above the diagonal or before the window are skipped, and no
/// more than one block of probabilities exists at a time (Dao et al., 2022, arXiv 2205.14135).
package struct CausalAttention: Sendable {
    package let sequenceLength: Int
    package let heads: Int, keyValueHeads: Int
    package let headSize: Int
    /// Positions that a token sees, its own included; nil: all.
    package let window: Int?

    package init(sequenceLength: Int, heads: Int, keyValueHeads: Int, headSize: Int, window: Int? = nil) {
        precondition(
            sequenceLength > 0 && headSize > 0 && keyValueHeads > 0 && heads > 0 && heads % keyValueHeads == 0,
            "\(heads) heads of \(headSize) over \(keyValueHeads) in sequences of \(sequenceLength)")
        precondition(window ?? 1 > 0, "a window of \(window ?? 0)")
        self.sequenceLength = sequenceLength
        self.heads = heads
        self.keyValueHeads = keyValueHeads
        self.headSize = headSize
        self.window = window
    }

    /// - Parameters:
    ///   - queries: `[tokens, heads × headSize]`, whole sequences one after another.
    ///   - keys, values: `[tokens, keyValueHeads × headSize]`.
    ///   - output: `[tokens, heads × headSize]`.
    ///   - logSumExp: `[tokens, heads]`, the logarithm of each softmax's sum, kept for the gradient.
    package func forward(
        queries: MatrixView, keys: MatrixView, values: MatrixView, into output: MatrixView, logSumExp: MatrixView,
        on workers: Workers
    ) {
        check([queries, output], [keys, values], logSumExp)
        forEachHead(tokens: queries.rows, on: workers) { shape, ours, theirs, sums in
            CPU.kernels.attend_causally(
                &shape, queries.storage + ours, keys.storage + theirs, values.storage + theirs, output.storage + ours,
                logSumExp.storage + sums)
        }
    }

    /// With P the probabilities and O = P V: ∂V = Pᵀ ∂O, ∂S = P ∘ (∂O Vᵀ − rowsum(∂O ∘ O)) / sqrt(head size), ∂Q = ∂S K,
    /// ∂K = ∂Sᵀ Q; ∂V and ∂K summed over the query heads that share them.
    ///
    /// - Parameters:
    ///   - gradient: that of the output, `[tokens, heads × headSize]`.
    ///   - output, logSumExp: as ``forward(queries:keys:values:into:logSumExp:on:)`` left them.
    ///   - queryGradient, keyGradient, valueGradient: replaced.
    package func backward(
        _ gradient: MatrixView, queries: MatrixView, keys: MatrixView, values: MatrixView, output: MatrixView,
        logSumExp: MatrixView, queryGradient: MatrixView, keyGradient: MatrixView, valueGradient: MatrixView,
        on workers: Workers
    ) {
        check([gradient, queries, output, queryGradient], [keys, values, keyGradient, valueGradient], logSumExp)
        forEachHead(tokens: queries.rows, on: workers) { shape, ours, theirs, sums in
            CPU.kernels.attend_causally_backward(
                &shape, gradient.storage + ours, queries.storage + ours, keys.storage + theirs,
                values.storage + theirs, output.storage + ours, logSumExp.storage + sums,
                queryGradient.storage + ours, keyGradient.storage + theirs, valueGradient.storage + theirs)
        }
    }

    /// Runs `body` for every key and value head of every sequence, with the offsets of its part of the matrices that are as wide
    /// as the queries, the keys, and the sums.
    private func forEachHead(
        tokens: Int, on workers: Workers,
        _ body: @Sendable (_ shape: inout ck_attention, _ ours: Int, _ theirs: Int, _ sums: Int) -> Void
    ) {
        let group = heads / keyValueHeads
        workers.forEach(tokens / sequenceLength * keyValueHeads) { tile in
            let (sequence, head) = tile.quotientAndRemainder(dividingBy: keyValueHeads)
            let token = sequence * sequenceLength
            var shape = ck_attention(
                length: sequenceLength, head_size: headSize, group: group, window: min(window ?? .max, sequenceLength),
                query_stride: heads * headSize, key_stride: keyValueHeads * headSize, sum_stride: heads,
                scale: 1 / Float(headSize).squareRoot())
            body(
                &shape, (token * heads + head * group) * headSize, (token * keyValueHeads + head) * headSize,
                token * heads + head * group)
        }
    }

    private func check(_ ours: [MatrixView], _ theirs: [MatrixView], _ logSumExp: MatrixView) {
        let tokens = ours[0].rows
        precondition(tokens % sequenceLength == 0, "\(tokens) tokens in sequences of \(sequenceLength)")
        for view in ours {
            precondition(
                view.rows == tokens && view.columns == heads * headSize,
                "\(view.rows) × \(view.columns) for \(tokens) tokens of \(heads) × \(headSize)")
        }
        for view in theirs {
            precondition(
                view.rows == tokens && view.columns == keyValueHeads * headSize,
                "\(view.rows) × \(view.columns) for \(tokens) tokens of \(keyValueHeads) × \(headSize)")
        }
        precondition(
            logSumExp.rows == tokens && logSumExp.columns == heads,
            "\(logSumExp.rows) × \(logSumExp.columns) for \(tokens) tokens of \(heads) heads")
    }
}
