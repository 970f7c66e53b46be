extension TrainableRouter {
    /// All that it knows beside the parameters and the configuration, by name, for a checkpoint.
    package var state: [String: [Float]] {
        var state = ["counts": counts.map(Float.init)]
        state["bias"] = bias?.values
        state["thresholds"] = thresholds?.state
        state["table"] = table?.map(Float.init)
        return state
    }

    /// Goes on, to the bit, from a state that a router of the same configuration had.
    package func restore(_ state: [String: [Float]]) throws {
        let experts = configuration.experts
        counts = try numbers("counts", of: state, count: experts).map { try whole($0, "counts", below: 1 << 24) }
        if bias != nil { bias?.values = try numbers("bias", of: state, count: experts) }
        if thresholds != nil { thresholds?.state = try numbers("thresholds", of: state, count: 2 * experts + 2) }
        // StableMoE has a table from its second stage on.
        if table != nil || state["table"] != nil {
            table = try numbers("table", of: state, count: vocabularySize).map {
                try whole($0, "table", below: experts)
            }
        }
    }

    private func numbers(_ name: String, of state: [String: [Float]], count: Int) throws -> [Float] {
        guard let numbers = state[name] else {
            throw RouterConfigurationError(
                "The state of a \(configuration.name.rawValue) router has no \(name), only "
                    + "\(state.keys.sorted().joined(separator: ", ")).")
        }
        guard numbers.count == count else {
            throw RouterConfigurationError("A router's \(name) of \(numbers.count) numbers: it should be \(count).")
        }
        return numbers
    }

    private func whole(_ number: Float, _ name: String, below limit: Int) throws -> Int {
        guard let whole = Int(exactly: number), whole >= 0, whole < limit else {
            throw RouterConfigurationError("A \(number) in a router's \(name): it should be from 0 to \(limit - 1).")
        }
        return whole
    }
}
