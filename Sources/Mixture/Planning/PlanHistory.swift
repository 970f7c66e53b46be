/// What was chosen for every layer, and how long it took.
package struct PlanHistory: Sendable {
    struct Record: Sendable {
        var call: LayerCall
        var calls: [StrategyName: Int] = [:]
        var seconds = 0.0
    }

    private var records: [LoadKey: Record] = [:]

    mutating func record(_ call: LayerCall, _ name: StrategyName, seconds: Double) {
        let key = LoadKey(call)
        records[key, default: Record(call: call)].call = call
        records[key]!.calls[name, default: 0] += 1
        records[key]!.seconds += seconds
    }

    /// One explanation for each layer and phase: of the kind of load that took most of its time.
    func layers(_ dictionary: StrategyDictionary, units: (LayerCall) -> Double) -> [LayerExplanation] {
        var heaviest: [LayerExplanation.Place: (key: LoadKey, seconds: Double)] = [:]
        for (key, record) in records {
            let place = LayerExplanation.Place(layer: key.layer, phase: key.phase, isShared: key.isShared)
            if record.seconds > heaviest[place]?.seconds ?? -1 { heaviest[place] = (key, record.seconds) }
        }
        return heaviest.compactMap { place, found in
            guard let record = records[found.key], let entry = dictionary[found.key] else { return nil }
            let scale = units(record.call)
            return LayerExplanation(
                place: place, tokens: record.call.tokens, active: record.call.visits.count,
                imbalance: record.call.imbalance, chosen: record.calls.max { $0.value < $1.value }!.key.description,
                calls: record.calls.values.reduce(0, +),
                strategies: entry.arms.map { arm in
                    LayerExplanation.Strategy(
                        name: arm.name, predictedSeconds: arm.predicted.map { $0 * scale },
                        measuredSeconds: arm.count > 0 ? arm.mean * scale : nil, calls: arm.count)
                })
        }
        .sorted { $0.place < $1.place }
    }
}
