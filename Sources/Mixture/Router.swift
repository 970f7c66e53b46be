package import Tensors

/// Decides which experts each token visits, and how much each visit counts.
package protocol Router: Sendable {
    /// Assigns tokens to experts.
    ///
    /// - Parameter scores: `[tokens, experts]`, as the gate left them, in f32.
    func route(_ scores: borrowing Matrix) -> Assignment
}
