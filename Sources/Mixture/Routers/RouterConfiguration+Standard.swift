extension RouterConfiguration {
    /// The router as its paper has it, except that nothing is dropped unless a capacity is asked for.
    ///
    /// - Parameter topK: overruled where the paper leaves no choice (``RouterName/fixedTopK``); of `dense`, so is
    ///   `experts`.
    package static func standard(_ name: RouterName, experts: Int, topK: Int) -> RouterConfiguration {
        var standard = RouterConfiguration(
            name, experts: name == .dense ? 1 : experts, topK: name.fixedTopK ?? topK)
        switch name {
        case .topK, .gshard: standard.balance = 0.01
        case .switch:
            standard.balance = 0.01
            standard.order = .softmaxThenTopK
        case .noisyTopK:
            standard.importance = 0.01
            standard.load = 0.01
        case .sigmoid: standard.biasRate = 1e-3
        case .expertChoice: standard.order = .softmaxThenTopK
        case .stable: standard.balance = 0.3
        case .base, .hash, .dense: break
        }
        return standard
    }

    /// How the chosen experts' scores become weights.
    package var weighting: Weighting {
        let form: Weighting.Form =
            switch name {
            case .topK, .switch, .expertChoice, .noisyTopK, .gshard:
                order == .renormalized ? .softmaxOfChosen : .softmaxOfAll
            case .sigmoid: order == .renormalized ? .sigmoidShare : .sigmoid
            case .base, .stable: .sigmoid
            case .hash, .dense: .one
            }
        return Weighting(form, scale: Float(routedScale))
    }

    package var groupLimit: GroupLimit? { groups > 1 ? GroupLimit(groups: groups, allowed: allowedGroups) : nil }
}
