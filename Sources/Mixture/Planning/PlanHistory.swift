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

/// Why a layer was computed as it was.
package struct LayerExplanation: Codable, Sendable, Equatable {
    package struct Place: Codable, Sendable, Hashable, Comparable {
        package var layer: Int
        package var phase: LayerCall.Phase
        package var isShared: Bool

        package static func < (a: Place, b: Place) -> Bool {
            (a.layer, a.isShared ? 1 : 0, a.phase == .prompt ? 0 : 1, a.phase.rawValue)
                < (b.layer, b.isShared ? 1 : 0, b.phase == .prompt ? 0 : 1, b.phase.rawValue)
        }
    }

    package struct Strategy: Codable, Sendable, Equatable {
        package var name: String
        package var predictedSeconds: Double?
        package var measuredSeconds: Double?
        package var calls: Int
    }

    package var place: Place
    package var tokens: Int
    package var active: Int
    /// The greatest load over the mean one.
    package var imbalance: Double
    /// The strategy that was taken most often.
    package var chosen: String
    package var calls: Int
    package var strategies: [Strategy]
}
