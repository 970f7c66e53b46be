import CKernels

/// silu(gate) × up, silu(x) being x / (1 + e^−x) (Shazeer, 2020, arXiv 2002.05202).
package enum SwiGLU {
    /// `output` = silu(`gate`) × `up`; all have one shape, and `output` may be either of them.
    package static func forward(gate: MatrixView, up: MatrixView, into output: MatrixView, on workers: Workers) {
        check(gate, up)
        check(gate, output)
        workers.forEachChunk(of: gate.count, atLeast: 8 << 10) { _, range in
            let at = range.lowerBound
            CPU.kernels.silu_multiply(gate.storage + at, up.storage + at, range.count, output.storage + at)
        }
    }

    /// The same on this thread.
    package static func forward(gate: MatrixView, up: MatrixView, into output: MatrixView) {
        check(gate, up)
        check(gate, output)
        CPU.kernels.silu_multiply(gate.storage, up.storage, gate.count, output.storage)
    }

    /// With s = 1 / (1 + e^−gate): ∂gate = ∂y up s (1 + gate (1 − s)), ∂up = ∂y gate s.
    ///
    /// - Parameters:
    ///   - gradient: that of the output.
    ///   - gateGradient: replaced; may be `gate` itself.
    ///   - upGradient: replaced; may be `up` itself.
    package static func backward(
        _ gradient: MatrixView, gate: MatrixView, up: MatrixView, gateGradient: MatrixView, upGradient: MatrixView,
        on workers: Workers
    ) {
        check(gate, up)
        check(gate, gradient)
        check(gate, gateGradient)
        check(gate, upGradient)
        workers.forEachChunk(of: gate.count, atLeast: 8 << 10) { _, range in
            let at = range.lowerBound
            CPU.kernels.silu_multiply_backward(
                gradient.storage + at, gate.storage + at, up.storage + at, range.count, gateGradient.storage + at,
                upGradient.storage + at)
        }
    }

    /// The same on this thread.
    package static func backward(
        _ gradient: MatrixView, gate: MatrixView, up: MatrixView, gateGradient: MatrixView, upGradient: MatrixView
    ) {
        check(gate, up)
        check(gate, gradient)
        check(gate, gateGradient)
        check(gate, upGradient)
        CPU.kernels.silu_multiply_backward(
            gradient.storage, gate.storage, up.storage, gate.count, gateGradient.storage, upGradient.storage)
    }

    private static func check(_ a: MatrixView, _ b: MatrixView) {
        precondition(
            a.rows == b.rows && a.columns == b.columns, "\(a.rows) × \(a.columns) beside \(b.rows) × \(b.columns)")
    }
}
