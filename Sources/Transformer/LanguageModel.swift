package import Mixture
package import ModelFiles
package import Profiling
package import Tensors

/// A Mixtral-style decoder (Jiang et al., 2024, arXiv 2401.04088); families differ by their ``Architecture`` alone.
///
/// A pass takes its tokens through layer after layer together, so that a cold expert is brought on once for all of them.
/// How a text is cut into passes changes no bit, except where BLAS multiplies f32 weights.
package final class LanguageModel {
    package let architecture: Architecture
    package let limits: PassLimits
    /// Whether a prompt announces the next layer's experts while it passes this one.
    package var prefetchesPrompts = true

    /// Tokens of the last pass.
    package var lastPassTokens: Int { scratch.hidden.rows }

    private let weights: DenseWeights
    private let experts: any ExpertSource
    private let router: any Router
    private let workers: Workers
    private let attention: [Attention]
    private let execution: Execution
    private var scratch: Scratch

    /// Visits for each expert, on average, from which on a prompt is taken to need every expert of the next layer:
    /// of 8 experts of even load, e⁻³ × 8 = 0.4 are then not visited.
    private static let visitsThatNeedAll = 3

    package init(
        _ architecture: Architecture, weights: DenseWeights, experts: any ExpertSource, workers: Workers,
        limits: PassLimits
    ) {
        self.architecture = architecture
        self.limits = limits
        self.weights = weights
        self.experts = experts
        self.workers = workers
        router = TopKRouter(k: architecture.expertsPerToken)
        attention = weights.layers.map { Attention($0, architecture, positions: limits.positions) }
        execution = Execution(
            workers: workers, hiddenSize: architecture.hiddenSize, intermediateSize: architecture.intermediateSize,
            tokens: limits.tokens, visitsPerToken: architecture.expertsPerToken)
        scratch = Scratch(architecture, limits: limits)
    }

    /// Bytes that a model with these limits allocates beside its weights.
    package static func bytes(_ architecture: Architecture, limits: PassLimits) -> (keyValueCache: Int, scratch: Int) {
        let execution = Execution.bytes(
            hiddenSize: architecture.hiddenSize, intermediateSize: architecture.intermediateSize, tokens: limits.tokens,
            visitsPerToken: architecture.expertsPerToken)
        return (
            architecture.layerCount * Attention.cacheBytes(architecture, positions: limits.positions),
            Scratch.bytes(architecture, limits: limits) + execution
        )
    }

    /// Takes tokens through all layers; ``logits(of:_:)`` can then be asked of them.
    ///
    /// - Parameters:
    ///   - tokens: at most as many as the limits allow.
    ///   - position: that of the first; all before it have passed already.
    ///   - recorder: told of every token's route.
    ///   - afterLayer: told the number of layers that are done; what it throws ends the pass.
    package func pass(
        _ tokens: ArraySlice<Int>, at position: Int, phase: RoutingTraceEntry.Phase = .prompt,
        recorder: (any RoutingRecorder)? = nil, afterLayer: (Int) throws -> Void = { _ in }
    ) throws {
        precondition(
            !tokens.isEmpty && tokens.count <= limits.tokens, "\(tokens.count) tokens in a pass for \(limits.tokens)")
        precondition(
            position + tokens.count <= limits.positions, "\(tokens.count) tokens at \(position) of \(limits.positions)")
        embed(tokens)
        for layer in 0..<architecture.layerCount {
            for start in stride(from: 0, to: tokens.count, by: limits.attentionTokens) {
                let rows = start..<min(start + limits.attentionTokens, tokens.count)
                attention[layer].run(rows, at: position + start, &scratch, on: workers)
            }
            let assignment = route(tokens, layer: layer)
            try recorder?.record(assignment, of: tokens, at: position, layer: layer, phase: phase)
            announceExperts(after: layer, tokens: tokens.count)
            try scratch.run(execution, assignment, from: experts, layer: layer)
            try afterLayer(layer + 1)
        }
    }

    /// Lends the logits, `[rows, vocabulary]`, of some tokens of the last pass, a few rows at a time.
    ///
    /// - Parameter body: takes the number of the first row, and the logits.
    package func logits(of rows: Range<Int>, _ body: (Int, borrowing Matrix) throws -> Void) rethrows {
        for start in stride(from: rows.lowerBound, to: rows.upperBound, by: limits.logitRows) {
            let part = start..<min(start + limits.logitRows, rows.upperBound)
            scratch.loadInputs(
                part, weight: weights.outputNorm, epsilon: architecture.normEpsilon, for: [weights.output.format],
                on: workers)
            scratch.project(by: weights.output, on: workers)
            try body(start, scratch.logits)
        }
    }

    private func embed(_ tokens: ArraySlice<Int>) {
        scratch.hidden.use(rows: tokens.count)
        for (row, token) in tokens.enumerated() {
            scratch.hidden.withMutableRow(row) { weights.tokenEmbedding.copyRow(token, into: &$0) }
        }
    }

    /// Scores, then routes. Leaves the layer's normalized input in `scratch.inputs`.
    private func route(_ tokens: ArraySlice<Int>, layer: Int) -> Assignment {
        let shape = experts.layout(layer: layer).shape
        let layer = weights.layers[layer]
        scratch.loadInputs(
            0..<scratch.hidden.rows, weight: layer.expertNorm, epsilon: architecture.normEpsilon,
            for: [.f32, shape.gateFormat, shape.upFormat], on: workers)
        scratch.score(by: layer.gate, on: workers)
        return router.route(scratch.scores, of: tokens)
    }

    /// A prompt of some length visits every expert: those of the next layer can come while this one computes.
    private func announceExperts(after layer: Int, tokens: Int) {
        let visits = tokens * architecture.expertsPerToken
        guard prefetchesPrompts, layer + 1 < architecture.layerCount,
            visits >= architecture.expertCount * Self.visitsThatNeedAll
        else { return }
        experts.prefetch(Array(0..<architecture.expertCount), layer: layer + 1)
    }
}
