import ModelFiles

extension Architecture {
    /// The same with another number of experts that a token visits.
    ///
    /// - Throws: ``InferenceError`` when the router does not choose by such a number, or not so many.
    func visiting(_ count: Int, of model: String) throws -> Architecture {
        guard routing.selection == .topK else {
            let how = routing.selection == .table ? "a table of token ids" : "a threshold of each expert"
            throw InferenceError(
                "\(model) cannot visit \(count) experts for each token: its router (\(routing.name)) chooses them by \(how). "
                    + "Leave --experts-per-token out")
        }
        // Groups that a token may not choose from hold experts that it cannot visit.
        let most = expertCount / max(routing.groups, 1) * max(routing.allowedGroups, 1)
        guard (1...most).contains(count) else {
            throw InferenceError(
                "\(model) cannot visit \(count) experts for each token; --experts-per-token can be 1 to \(most) here, and "
                    + "\(expertsPerToken) is what the model learned with")
        }
        var other = self
        other.expertsPerToken = count
        return other
    }
}
