import FoundationEssentials

/// Why a router cannot be trained as asked: what was found, and what to do.
package struct RouterConfigurationError: Error, Sendable, Equatable, CustomStringConvertible, LocalizedError {
    package let description: String
    package var errorDescription: String? { description }

    init(_ description: String) { self.description = description }
}

extension RouterConfiguration {
    /// Returns itself if it makes sense.
    @discardableResult package func validated() throws -> RouterConfiguration {
        try validateVisits()
        try validateGroups()
        try validateCapacity()
        try validateRegularizers()
        try validateNumbers()
        return self
    }

    private func refuse(_ when: Bool, _ problem: @autoclosure () -> String) throws {
        if when { throw RouterConfigurationError(problem()) }
    }

    private func validateVisits() throws {
        try refuse(experts < 1, "A mixture of \(experts) experts: there must be at least 1.")
        try refuse(experts > 65_536, "A mixture of \(experts) experts: at most 65536 are possible.")
        try refuse(topK < 1, "Top-\(topK): a token must visit at least 1 expert.")
        try refuse(
            topK > experts, "Top-\(topK) of \(experts) experts: lower the top-k to \(experts) or less, or add experts.")
        if let fixed = name.fixedTopK {
            try refuse(topK != fixed, "The router \(name.rawValue) visits \(fixed), not \(topK): say top-k \(fixed).")
        }
        try refuse(name == .dense && experts != 1, "\(experts) experts in a dense model: say experts 1.")
        let gated = name == .topK || name == .sigmoid || name == .switch || name == .noisyTopK
        try refuse(
            gated && topK == 1 && experts > 1 && order == .renormalized,
            "Top-1 with renormalized weights: the only weight is always 1, so the router gets no gradient and learns "
                + "nothing. Use the order softmax-then-top-k, the router switch, or a top-k of 2 or more.")
        try refuse(
            name == .expertChoice && order == .renormalized,
            "Expert choice with renormalized weights: a token that one expert takes would always have weight 1. "
                + "Use the order softmax-then-top-k.")
        try refuse(
            (name == .noisyTopK || name == .gshard) && order != .renormalized,
            "The router \(name.rawValue) weighs by the chosen experts alone: use the order renormalized, "
                + "or the router top-k.")
    }

    private func validateGroups() throws {
        guard groups != 1 || allowedGroups != 1 else { return }
        try refuse(
            name != .topK && name != .sigmoid,
            "Groups with the router \(name.rawValue): only top-k and sigmoid limit tokens to groups.")
        try refuse(
            groups < 1 || experts % groups != 0,
            "\(groups) groups of \(experts) experts: groups must be of equal size.")
        try refuse(
            allowedGroups < 1 || allowedGroups > groups,
            "\(allowedGroups) of \(groups) groups allowed: it must be 1 to \(groups).")
        try refuse(
            topK > allowedGroups * (experts / groups),
            "Top-\(topK) of \(allowedGroups) groups of \(experts / groups) experts: allow more groups.")
    }

    private func validateCapacity() throws {
        try refuse(
            biasRate != 0 && name != .topK && name != .sigmoid,
            "A loss-free bias with the router \(name.rawValue): only top-k and sigmoid have one.")
        guard let capacityFactor else {
            return try refuse(
                renormalizesSurvivors, "Survivors to renormalize, but nothing is dropped: give a capacity factor.")
        }
        try refuse(
            !(capacityFactor > 0 && capacityFactor.isFinite),
            "A capacity factor of \(capacityFactor): it must be above 0. Leave it out to drop nothing.")
        try refuse(
            name == .expertChoice || name == .base || name == .dense,
            "A capacity factor with the router \(name.rawValue), whose experts' visits are fixed already: leave it out."
        )
        try refuse(
            renormalizesSurvivors && (order != .renormalized || topK == 1),
            "Survivors are renormalized only where weights are: use the order renormalized and a top-k of 2 or more.")
    }

    private func validateRegularizers() throws {
        let scored = name != .hash && name != .dense
        try refuse(
            !scored && (balance != 0 || importance != 0 || load != 0 || zLoss != 0 || jitter != 0),
            "A regularizer or jitter with the router \(name.rawValue), which has no gate to learn: leave it out.")
        try refuse(
            load != 0 && name != .noisyTopK,
            "A load loss with the router \(name.rawValue): it needs the noise of noisy-top-k.")
        try refuse(
            balance != 0 && (name == .expertChoice || name == .base),
            "A balance loss with the router \(name.rawValue), which is balanced by itself: leave it out.")
        try refuse(
            name == .stable && balancePopulation != .microBatch,
            "StableMoE's balance loss over a population of \(balancePopulation.rawValue): it knows only micro-batch.")
    }

    private func validateNumbers() throws {
        let coefficients = [
            ("balance", balance), ("importance", importance), ("load", load), ("z-loss", zLoss),
            ("bias rate", biasRate),
            ("distillation", distillation),
        ]
        for (name, value) in coefficients {
            try refuse(!(value >= 0 && value.isFinite), "A \(name) of \(value): it must be 0 or more.")
        }
        try refuse(!(jitter >= 0 && jitter < 1), "A jitter of \(jitter): it must be from 0 to below 1.")
        try refuse(!(routedScale > 0 && routedScale.isFinite), "A routed scale of \(routedScale): it must be above 0.")
        try refuse(
            !(firstStage >= 0 && firstStage <= 1), "A first stage of \(firstStage) of the steps: it must be 0 to 1.")
        try refuse(embedding < 1 || embedding > 65_536, "A distilled router \(embedding) wide: it must be 1 to 65536.")
        try refuse(
            !(thresholdDecay >= 0 && thresholdDecay < 1),
            "A threshold decay of \(thresholdDecay): it must be from 0 to below 1.")
    }
}
