import Mixture
import ModelFiles
import Profiling
import Tensors

/// What a pass works in, made once at its greatest size.
struct Scratch: ~Copyable {
    /// The residual stream, `[tokens, hidden]`.
    var hidden: Matrix
    /// `[tokens, hidden]`, normalized.
    var normed: Matrix
    /// The same, prepared for products.
    var inputs: Activations
    /// `[attentionTokens, heads × headSize]`
    var queries: Matrix
    /// `[attentionTokens, keyValueHeads × headSize]`
    var keys: Matrix
    var values: Matrix
    /// What attention found, `[attentionTokens, heads × headSize]`, and the same prepared for products.
    var attended: Matrix
    var attendedInputs: Activations
    /// What stretches of positions add to a token's attention, where threads share them.
    var stretchSums: Matrix
    /// The gate's, `[tokens, experts]`.
    var scores: Matrix
    /// `[logitRows, vocabulary]`
    var logits: Matrix
    var rotary: Rotary
    /// What keys and values are rounded to behind it.
    let keyValueFormat: KeyValueFormat

    init(_ architecture: Architecture, limits: PassLimits) {
        let shapes = Shapes(architecture, limits)
        keyValueFormat = limits.keyValueFormat
        hidden = Matrix(shapes.hidden)
        normed = Matrix(shapes.hidden)
        inputs = Activations(rows: shapes.hidden.rows, columns: shapes.hidden.columns)
        queries = Matrix(shapes.queries)
        keys = Matrix(shapes.keys)
        values = Matrix(shapes.keys)
        attended = Matrix(shapes.queries)
        attendedInputs = Activations(rows: shapes.queries.rows, columns: shapes.queries.columns)
        stretchSums = Matrix(shapes.stretchSums)
        scores = Matrix(shapes.scores)
        logits = Matrix(shapes.logits)
        rotary = Rotary(
            capacity: limits.attentionTokens, dimensions: architecture.rotaryDimensions, base: architecture.rotaryBase,
            pairing: architecture.rotaryPairing == .adjacent ? .adjacent : .halves)
    }

    static func bytes(_ architecture: Architecture, limits: PassLimits) -> Int {
        let shapes = Shapes(architecture, limits)
        let matrices = [
            shapes.hidden, shapes.hidden, shapes.queries, shapes.queries, shapes.keys, shapes.keys, shapes.stretchSums,
            shapes.scores, shapes.logits,
        ]
        return matrices.reduce(0) { $0 + Matrix.bytes(rows: $1.rows, columns: $1.columns) }
            + Activations.bytes(rows: shapes.hidden.rows, columns: shapes.hidden.columns)
            + Activations.bytes(rows: shapes.queries.rows, columns: shapes.queries.columns)
            + Matrix.bytes(rows: limits.attentionTokens, columns: architecture.rotaryDimensions)
    }

    private struct Shapes {
        typealias Shape = (rows: Int, columns: Int)
        let hidden, queries, keys, stretchSums, scores, logits: Shape

        init(_ architecture: Architecture, _ limits: PassLimits) {
            hidden = (limits.tokens, architecture.hiddenSize)
            queries = (limits.attentionTokens, architecture.headCount * architecture.headSize)
            keys = (limits.attentionTokens, architecture.keyValueHeadCount * architecture.headSize)
            stretchSums = KeyValueCache.stretchSums(
                positions: limits.positions, queryHeads: architecture.headCount, headSize: architecture.headSize)
            scores = (limits.tokens, architecture.expertCount)
            logits = (limits.logitRows, architecture.vocabularySize)
        }
    }
}

extension Matrix {
    fileprivate init(_ shape: (rows: Int, columns: Int)) { self.init(rows: shape.rows, columns: shape.columns) }
}

extension Scratch {
    /// Normalizes some rows of the residual stream and prepares them for weights of these formats.
    mutating func loadInputs(
        _ rows: Range<Int>, weight: borrowing Matrix, epsilon: Float, for formats: [WeightFormat], on workers: Workers
    ) {
        hidden.rmsNorm(rows: rows, weight: weight, epsilon: epsilon, into: &normed, on: workers)
        inputs.load(normed, for: formats, on: workers)
    }

    /// Scores the experts for the prepared tokens.
    mutating func score(by gate: Gate, on workers: Workers) { gate.score(inputs, into: &scores, on: workers) }

    /// Scores for routers that need none: all experts alike.
    mutating func scoreAlike() {
        scores.use(rows: inputs.rows)
        scores.withView { view in view.withMutableValues { $0.update(repeating: 0) } }
    }

    /// Adds to the residual stream what the visited experts make of the prepared tokens.
    mutating func run(
        _ execution: Execution, _ assignment: Assignment, from source: any ExpertSource, layer: Int,
        _ phase: RoutingTraceEntry.Phase
    ) throws {
        try execution.run(
            assignment, on: inputs, from: source, layer: layer, phase: phase == .decode ? .decode : .prompt,
            addingTo: &hidden)
    }

    /// The logits of the prepared rows.
    mutating func project(by output: WeightMatrix, on workers: Workers) {
        logits.use(rows: inputs.rows)
        logits.withView { workers.multiply(inputs, by: output, into: $0, exact: true) }
    }
}
