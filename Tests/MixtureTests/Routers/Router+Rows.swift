import Mixture
import Tensors

extension Router {
    /// Routes tokens of id 0.
    func route(_ scores: borrowing Matrix) -> Assignment {
        route(scores, of: Array(repeating: 0, count: scores.rows)[...])
    }
}
