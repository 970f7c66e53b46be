import CKernels
import Glibc

/// Adam with decoupled weight decay (Loshchilov and Hutter, 2019, arXiv 1711.05101), ε outside the root as in PyTorch.
package struct AdamW: Sendable {
    package var beta1: Float
    package var beta2: Float
    package var epsilon: Float

    package init(beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-8) {
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
    }

    /// Takes one step. With g the scaled gradient: m += (1 − β₁)(g − m), v = β₂ v + (1 − β₂) g²,
    /// p = (1 − η λ) p − η m̂ / (sqrt(v̂) + ε), m̂ and v̂ being free of the bias of their beginning.
    ///
    /// - Parameters:
    ///   - number: that of the step, the first being 1.
    ///   - weightDecay: λ.
    ///   - gradientScale: multiplies the gradients, which stay as they are (clipping).
    ///   - firstMoments, secondMoments: m and v, zeros before the first step; of the parameters' shape.
    package func step(
        _ number: Int, learningRate: Float, weightDecay: Float, gradientScale: Float = 1, parameters: MatrixView,
        gradients: MatrixView, firstMoments: MatrixView, secondMoments: MatrixView, on workers: Workers
    ) {
        precondition(number >= 1, "step \(number)")
        for view in [gradients, firstMoments, secondMoments] {
            precondition(view.count == parameters.count, "\(view.count) numbers for \(parameters.count) parameters")
        }
        let step = ck_adamw(
            gradient_scale: gradientScale, beta1: beta1, beta2: beta2, epsilon: epsilon,
            keep: Float(1 - Double(learningRate) * Double(weightDecay)),
            step_size: Float(Double(learningRate) / (1 - pow(Double(beta1), Double(number)))),
            root_scale: Float(1 / sqrt(1 - pow(Double(beta2), Double(number)))))
        workers.forEachChunk(of: parameters.count, atLeast: 16 << 10) { _, range in
            let at = range.lowerBound
            withUnsafePointer(to: step) { step in
                CPU.kernels.adamw(
                    parameters.storage + at, gradients.storage + at, firstMoments.storage + at,
                    secondMoments.storage + at, range.count, step)
            }
        }
    }
}
