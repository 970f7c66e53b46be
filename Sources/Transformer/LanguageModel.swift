package import Mixture
package import ModelFiles
package import Profiling
package import Tensors

/// A decoder with experts (Jiang et al., 2024, arXiv 2401.04088); families differ by their ``Architecture`` alone.
///
/// A pass takes its tokens through layer after layer together, so that a cold expert is brought on once for all of them.
/// How a text is cut into passes changes no bit, except where BLAS multiplies f32 weights.
package final class LanguageModel {
    package let architecture: Architecture
    package let limits: PassLimits
    /// Whether experts are announced before they are needed: a prompt's while it passes the layer before, and those
    /// that tables name for the tokens.
    package var prefetchesPrompts = true

    /// Tokens of the last pass.
    package var lastPassTokens: Int { scratch.hidden.rows }

    private let weights: DenseWeights
    private let experts: any ExpertSource
    private let workers: Workers
    private let attention: [Attention]
    private let execution: Execution
    private let shared: (experts: SharedExperts, execution: Execution)?
    private var scratch: Scratch
    /// That of the first token of the last pass.
    private var lastPosition = 0

    package init(
        _ architecture: Architecture, weights: DenseWeights, experts: any ExpertSource, workers: Workers,
        limits: PassLimits, planner: Planner, peers: (any ExpertPeers)? = nil
    ) {
        self.architecture = architecture
        self.limits = limits
        self.weights = weights
        self.experts = experts
        self.workers = workers
        let hasFloats = weights.layers.indices.contains {
            experts.layout(layer: $0).shape.hasFloats || weights.layers[$0].shared?.hasFloats ?? false
        }
        attention = weights.layers.map { Attention($0, architecture, limits) }
        let (routed, shared) = architecture.executionSizes(limits, threads: planner.threads, hasFloats: hasFloats)
        execution = Execution(routed, planner: planner, workers: workers, peers: peers)
        self.shared = SharedExperts(weights).flatMap { experts in
            shared.map { (experts, Execution($0, planner: planner, workers: workers, isShared: true)) }
        }
        scratch = Scratch(architecture, limits: limits)
    }

    /// Bytes that a model with these limits allocates beside its weights.
    ///
    /// - Parameter hasFloats: whether some experts' weights are f32.
    package static func bytes(
        _ architecture: Architecture, limits: PassLimits, _ choice: StrategyChoice, threads: Int, hasFloats: Bool
    ) -> (keyValueCache: Int, scratch: Int) {
        let (routed, shared) = architecture.executionSizes(limits, threads: threads, hasFloats: hasFloats)
        let execution = Execution.bytes(routed, choice) + (shared.map { Execution.bytes($0, choice) } ?? 0)
        return (
            architecture.layerCount * KeyValueLayout(architecture, limits).bytes,
            Scratch.bytes(architecture, limits: limits) + execution + architecture.routerBytes
        )
    }

    /// Memory of the key/value cache that positions touch and those before them do not.
    package func cacheBytes(of positions: Range<Int>) -> Int {
        let layout = KeyValueLayout(architecture, limits)
        return architecture.layerCount
            * (layout.touchedBytes(positions: positions.upperBound)
                - layout.touchedBytes(positions: positions.lowerBound))
    }

    /// The experts of a layer, and what computes them: those that are routed to, or the one that every token visits.
    package func experts(layer: Int, areShared: Bool) -> (layout: ExpertLayout, execution: Execution)? {
        guard areShared else { return (experts.layout(layer: layer), execution) }
        return shared.map { ($0.experts.layout(layer: layer), $0.execution) }
    }

    /// Takes tokens through all layers; ``logits(of:_:)`` can then be asked of them.
    ///
    /// - Parameters:
    ///   - tokens: at most as many as the limits allow.
    ///   - position: that of the first; all before it have passed already.
    ///   - recorder: told of every token's route.
    ///   - afterLayer: told the number of layers that are done; what it throws ends the pass.
    /// - Throws: ``NotFiniteError`` where numbers end, what experts, recorder and `afterLayer` throw, and `CancellationError`
    ///   when the work of the workers has been cancelled. The tokens have then not passed.
    package func pass(
        _ tokens: ArraySlice<Int>, at position: Int, phase: RoutingTraceEntry.Phase = .prompt,
        recorder: (any RoutingRecorder)? = nil, afterLayer: (Int) throws -> Void = { _ in }
    ) throws {
        precondition(
            !tokens.isEmpty && tokens.count <= limits.tokens, "\(tokens.count) tokens in a pass for \(limits.tokens)")
        precondition(
            position + tokens.count <= limits.positions, "\(tokens.count) tokens at \(position) of \(limits.positions)")
        let forecast = prefetchesPrompts ? ExpertForecast(of: tokens, architecture, weights.layers.map(\.router)) : nil
        let everyToken = shared == nil ? nil : SharedExperts.assignment(tokens: tokens.count)
        lastPosition = position
        try embed(tokens, at: position)
        for layer in 0..<architecture.layerCount {
            forecast?.announceKnown(from: layer, to: experts)
            for start in stride(from: 0, to: tokens.count, by: limits.attentionTokens) {
                let rows = start..<min(start + limits.attentionTokens, tokens.count)
                attention[layer].run(rows, at: position + start, &scratch, on: workers)
                try workers.checkCancellation()
            }
            let assignment = try route(tokens, at: position, layer: layer)
            let gates = recorder == nil || weights.layers[layer].gate == nil ? [] : GateReading.all(scratch.scores)
            try recorder?.record(assignment, of: tokens, gates: gates, at: position, layer: layer, phase: phase)
            forecast?.announceLikely(after: layer, to: experts)
            try scratch.run(execution, assignment, from: experts, layer: layer, phase)
            if let (experts, execution) = shared, let everyToken {
                try scratch.run(execution, everyToken, from: experts, layer: layer, phase)
            }
            try workers.checkCancellation()
            try scratch.checkHidden(at: position, "layer \(layer)", on: workers)
            try afterLayer(layer + 1)
        }
    }

    /// Lends the logits, `[rows, vocabulary]`, of some tokens of the last pass, a few rows at a time.
    ///
    /// - Parameter body: takes the number of the first row, and the logits.
    /// - Throws: as ``pass(_:at:phase:recorder:afterLayer:)``, and what `body` throws.
    package func logits(of rows: Range<Int>, _ body: (Int, borrowing Matrix) throws -> Void) throws {
        for start in stride(from: rows.lowerBound, to: rows.upperBound, by: limits.logitRows) {
            let part = start..<min(start + limits.logitRows, rows.upperBound)
            scratch.loadInputs(
                part, weight: weights.outputNorm, epsilon: architecture.normEpsilon, for: [weights.output.format],
                on: workers)
            scratch.project(by: weights.output, on: workers)
            try workers.checkCancellation()
            try scratch.checkLogits(at: lastPosition + start, on: workers)
            try body(start, scratch.logits)
        }
    }

    private func embed(_ tokens: ArraySlice<Int>, at position: Int) throws {
        scratch.hidden.use(rows: tokens.count)
        for (row, token) in tokens.enumerated() {
            scratch.hidden.withMutableRow(row) { weights.tokenEmbedding.copyRow(token, into: &$0) }
            if row % 256 == 255 { try workers.checkCancellation() }
        }
        try scratch.checkHidden(at: position, "the token embedding", on: workers)
    }

    /// Scores, then routes. Leaves the layer's normalized input in `scratch.inputs`.
    private func route(_ tokens: ArraySlice<Int>, at position: Int, layer number: Int) throws -> Assignment {
        let shape = experts.layout(layer: number).shape
        let layer = weights.layers[number]
        let formats = [.f32, shape.gateFormat, shape.upFormat] + (layer.shared?.inputFormats ?? [])
        scratch.loadInputs(
            0..<scratch.hidden.rows, weight: layer.expertNorm, epsilon: architecture.normEpsilon, for: formats,
            on: workers)
        if let gate = layer.gate { scratch.score(by: gate, on: workers) } else { scratch.scoreAlike() }
        try workers.checkCancellation()
        try scratch.checkScores(at: position, "the router of layer \(number)", on: workers)
        return layer.router.route(scratch.scores, of: tokens)
    }
}

extension Architecture {
    /// What computing the routed experts, and the shared one, is made for.
    fileprivate func executionSizes(
        _ limits: PassLimits, threads: Int, hasFloats: Bool
    ) -> (routed: Execution.Sizes, shared: Execution.Sizes?) {
        func sizes(_ width: Int, _ visits: Int) -> Execution.Sizes {
            Execution.Sizes(
                hiddenSize: hiddenSize, intermediateSize: width, tokens: limits.tokens, visitsPerToken: visits,
                threads: threads, hasFloats: hasFloats)
        }
        return (sizes(intermediateSize, visitsPerToken), sharedIntermediateSize.map { sizes($0, 1) })
    }
}
