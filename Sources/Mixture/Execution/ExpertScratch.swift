import Tensors

/// The memory that experts are computed in.
struct ExpertScratch: ~Copyable {
    var gathered: Activations
    var gate: Matrix
    var up: Matrix
    var inner: Activations
    /// Every visit's output is kept apart until all are there.
    var outputs: Matrix

    struct Sizes {
        let hiddenSize: Int
        let intermediateSize: Int
        /// Rows for visits that are computed at the same time.
        let rows: Int
        /// Visits of a pass.
        let visits: Int
    }

    /// What the threads of a schedule share.
    struct Views {
        let gathered: ActivationsView
        let gate, up: MatrixView
        let inner: ActivationsView
        let outputs: MatrixView
    }

    init(_ sizes: Sizes) {
        gathered = Activations(rows: sizes.rows, columns: sizes.hiddenSize)
        gate = Matrix(rows: sizes.rows, columns: sizes.intermediateSize)
        up = Matrix(rows: sizes.rows, columns: sizes.intermediateSize)
        inner = Activations(rows: sizes.rows, columns: sizes.intermediateSize)
        outputs = Matrix(rows: sizes.visits, columns: sizes.hiddenSize)
    }

    static func bytes(_ sizes: Sizes) -> Int {
        Activations.bytes(rows: sizes.rows, columns: sizes.hiddenSize) + 2
            * Matrix.bytes(rows: sizes.rows, columns: sizes.intermediateSize)
            + Activations.bytes(rows: sizes.rows, columns: sizes.intermediateSize)
            + Matrix.bytes(rows: sizes.visits, columns: sizes.hiddenSize)
    }

    var rows: Int { gate.capacity }

    /// Lends all of it, for so many visits to experts whose down weights have a format.
    mutating func withViews<Result>(
        visits: Int, like tokens: borrowing Activations, downFormat: WeightFormat,
        _ body: (Views) throws -> Result
    ) rethrows -> Result {
        outputs.use(rows: visits)
        gathered.use(rows: rows, as: tokens)
        inner.use(rows: rows, for: [downFormat])
        return try gathered.withView { gathered in
            try inner.withView { inner in
                try gate.withView { gate in
                    try up.withView { up in
                        try outputs.withView { outputs in
                            try body(Views(gathered: gathered, gate: gate, up: up, inner: inner, outputs: outputs))
                        }
                    }
                }
            }
        }
    }
}
