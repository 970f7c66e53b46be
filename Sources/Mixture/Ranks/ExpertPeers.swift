package import Tensors

/// The other ranks, which compute those of a layer's experts that this one has not.
package protocol ExpertPeers: AnyObject {
    /// Gives the others what this rank's experts made of their visits, and takes what theirs did.
    ///
    /// - Parameters:
    ///   - outputs: of every visit, `[visits, hidden]`; rows of visits to others' experts are filled.
    ///   - assignment: the same on every rank.
    /// - Throws: why the ranks can no longer work together.
    func complete(_ outputs: MatrixView, _ assignment: Assignment, layer: Int) throws
}
