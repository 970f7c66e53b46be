package import Tensors

/// Decides which experts each token visits, and how much each visit counts.
package protocol Router: Sendable {
    /// Assigns tokens to experts.
    ///
    /// - Parameters:
    ///   - scores: `[tokens, experts]`, as the gate left them, in f32.
    ///   - tokens: their ids, which tables go by.
    func route(_ scores: borrowing Matrix, of tokens: ArraySlice<Int>) -> Assignment
}
