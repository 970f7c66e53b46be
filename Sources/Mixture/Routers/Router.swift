package import Tensors

/// Decides which experts each token visits, and how much each visit counts, as far as the text goes: what a router
/// does in generation looks neither at later tokens nor at other texts.
package protocol Router: Sendable {
    /// Experts that one token visits at most.
    var mostVisits: Int { get }

    /// Assigns tokens to experts.
    ///
    /// - Parameters:
    ///   - scores: `[tokens, experts]`, as the gate left them, in f32.
    ///   - tokens: their ids, which tables go by.
    func route(_ scores: borrowing Matrix, of tokens: ArraySlice<Int>) -> Assignment

    /// The experts that tokens with these ids will visit in the router's layer, ascending, where the ids alone tell.
    func knownExperts(of tokens: ArraySlice<Int>) -> [Int]?
}

extension Router {
    package func knownExperts(of tokens: ArraySlice<Int>) -> [Int]? { nil }
}
