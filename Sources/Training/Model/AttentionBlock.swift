import ModelFiles
import Tensors

/// Attention and the residual connection around it: x + Wo·attend(Wq·n, Wk·n, Wv·n), n = norm(x).
struct AttentionBlock {
    /// The weights, or their gradients.
    struct Tensors {
        let norm, query, key, value, output: MatrixView
        /// Each head's own, where the model has them (Dehghani et al., 2023, arXiv 2302.05442).
        let queryNorm, keyNorm: MatrixView?

        init(_ block: ParameterBlock, layer: Int) {
            let prefix = "layers.\(layer)."
            norm = block[prefix + "attention_norm"]
            query = block[prefix + "query"]
            key = block[prefix + "key"]
            value = block[prefix + "value"]
            output = block[prefix + "attention_output"]
            queryNorm = block.tensor(prefix + "query_norm")
            keyNorm = block.tensor(prefix + "key_norm")
        }
    }

    /// What the forward pass keeps for the backward one, and scratch of the latter.
    final class Memory {
        let normed, queries, keys, values, attended, logSumExp: RowBuffer
        /// Queries and keys before their norms.
        let rawQueries, rawKeys: RowBuffer
        let normedGradient, queryGradient, keyGradient, valueGradient, attendedGradient: RowBuffer

        init(_ architecture: Architecture) {
            let queryWidth = architecture.headCount * architecture.headSize
            let keyWidth = architecture.keyValueHeadCount * architecture.headSize
            normed = RowBuffer(columns: architecture.hiddenSize)
            queries = RowBuffer(columns: queryWidth)
            keys = RowBuffer(columns: keyWidth)
            values = RowBuffer(columns: keyWidth)
            attended = RowBuffer(columns: queryWidth)
            logSumExp = RowBuffer(columns: architecture.headCount)
            rawQueries = RowBuffer(columns: queryWidth)
            rawKeys = RowBuffer(columns: keyWidth)
            normedGradient = RowBuffer(columns: architecture.hiddenSize)
            queryGradient = RowBuffer(columns: queryWidth)
            keyGradient = RowBuffer(columns: keyWidth)
            valueGradient = RowBuffer(columns: keyWidth)
            attendedGradient = RowBuffer(columns: queryWidth)
        }
    }

    let architecture: Architecture
    let weights: Tensors
    let gradients: Tensors

    init(_ architecture: Architecture, layer: Int, _ parameters: ParameterBlock, _ gradients: ParameterBlock) {
        self.architecture = architecture
        weights = Tensors(parameters, layer: layer)
        self.gradients = Tensors(gradients, layer: layer)
    }

    /// - Parameters:
    ///   - input: `[tokens, hidden]`, whole sequences one after another.
    ///   - output: likewise.
    func forward(
        _ input: MatrixView, into output: MatrixView, _ memory: Memory, _ rotary: borrowing RotaryTable,
        sequenceLength: Int,
        on workers: Workers
    ) {
        let rows = input.rows
        let normed = memory.normed.rows(rows)
        RMSNorm.forward(input, weight: weights.norm, epsilon: architecture.normEpsilon, into: normed, on: workers)
        let queries = memory.queries.rows(rows)
        let (keys, values) = (memory.keys.rows(rows), memory.values.rows(rows))
        let hasNorms = weights.queryNorm != nil
        let rawQueries = hasNorms ? memory.rawQueries.rows(rows) : queries
        let rawKeys = hasNorms ? memory.rawKeys.rows(rows) : keys
        workers.multiply([
            .init(normed, by: weights.query, transposed: true, into: rawQueries),
            .init(normed, by: weights.key, transposed: true, into: rawKeys),
            .init(normed, by: weights.value, transposed: true, into: values),
        ])
        normalizeHeads(rawQueries, weights.queryNorm, into: queries, on: workers)
        normalizeHeads(rawKeys, weights.keyNorm, into: keys, on: workers)
        rotary.rotate(queries, sequenceLength: sequenceLength, headSize: architecture.headSize, on: workers)
        rotary.rotate(keys, sequenceLength: sequenceLength, headSize: architecture.headSize, on: workers)
        let attended = memory.attended.rows(rows)
        attention(sequenceLength).forward(
            queries: queries, keys: keys, values: values, into: attended, logSumExp: memory.logSumExp.rows(rows),
            on: workers)
        workers.multiply(attended, by: weights.output, transposed: true, into: output)
        output.add(input, on: workers)
    }

    /// Turns the gradient of the output into that of the input, in place, and adds to those of the weights.
    func backward(
        _ gradient: MatrixView, input: MatrixView, _ memory: Memory, _ rotary: borrowing RotaryTable,
        sequenceLength: Int,
        on workers: Workers
    ) {
        let rows = input.rows
        let (normed, attended) = (memory.normed.view, memory.attended.view)
        let (queries, keys, values) = (memory.queries.view, memory.keys.view, memory.values.view)
        let attendedGradient = memory.attendedGradient.rows(rows)
        workers.multiply([
            .init(gradient, by: weights.output, into: attendedGradient),
            .init(gradient, transposed: true, by: attended, into: gradients.output, adding: true),
        ])
        let queryGradient = memory.queryGradient.rows(rows)
        let (keyGradient, valueGradient) = (memory.keyGradient.rows(rows), memory.valueGradient.rows(rows))
        attention(sequenceLength).backward(
            attendedGradient, queries: queries, keys: keys, values: values, output: attended,
            logSumExp: memory.logSumExp.view, queryGradient: queryGradient, keyGradient: keyGradient,
            valueGradient: valueGradient, on: workers)
        rotary.rotateBack(queryGradient, sequenceLength: sequenceLength, headSize: architecture.headSize, on: workers)
        rotary.rotateBack(keyGradient, sequenceLength: sequenceLength, headSize: architecture.headSize, on: workers)
        // The rotated queries and keys are no longer needed: their memory takes the gradients before the norms.
        let rawQueryGradient = backThroughNorm(
            queryGradient, memory.rawQueries, weights.queryNorm, gradients.queryNorm, into: queries, on: workers)
        let rawKeyGradient = backThroughNorm(
            keyGradient, memory.rawKeys, weights.keyNorm, gradients.keyNorm, into: keys, on: workers)
        let normedGradient = memory.normedGradient.rows(rows)
        workers.multiply([
            .init(rawQueryGradient, by: weights.query, into: normedGradient),
            .init(rawQueryGradient, transposed: true, by: normed, into: gradients.query, adding: true),
            .init(rawKeyGradient, transposed: true, by: normed, into: gradients.key, adding: true),
            .init(valueGradient, transposed: true, by: normed, into: gradients.value, adding: true),
        ])
        workers.multiply(rawKeyGradient, by: weights.key, into: normedGradient, adding: true)
        workers.multiply(valueGradient, by: weights.value, into: normedGradient, adding: true)
        RMSNorm.backward(
            normedGradient, input: input, weight: weights.norm, epsilon: architecture.normEpsilon, into: gradient,
            adding: true, weightGradient: gradients.norm, on: workers)
    }

    private func attention(_ sequenceLength: Int) -> CausalAttention {
        CausalAttention(
            sequenceLength: sequenceLength, heads: architecture.headCount,
            keyValueHeads: architecture.keyValueHeadCount, headSize: architecture.headSize,
            window: architecture.slidingWindow)
    }

    private func normalizeHeads(_ raw: MatrixView, _ norm: MatrixView?, into heads: MatrixView, on workers: Workers) {
        guard let norm else { return }
        RMSNorm.forward(
            byHead(raw), weight: norm, epsilon: architecture.normEpsilon, into: byHead(heads), on: workers)
    }

    /// - Returns: the gradient before the norm; the one given, where there is no norm.
    private func backThroughNorm(
        _ gradient: MatrixView, _ raw: RowBuffer, _ norm: MatrixView?, _ normGradient: MatrixView?,
        into free: MatrixView, on workers: Workers
    ) -> MatrixView {
        guard let norm, let normGradient else { return gradient }
        RMSNorm.backward(
            byHead(gradient), input: byHead(raw.view), weight: norm, epsilon: architecture.normEpsilon,
            into: byHead(free), adding: false, weightGradient: normGradient, on: workers)
        return free
    }

    /// One head in each row.
    private func byHead(_ matrix: MatrixView) -> MatrixView {
        matrix.reshaped(
            rows: matrix.rows * matrix.columns / architecture.headSize, columns: architecture.headSize)
    }
}
