/// What was chosen for every layer and kind of load, and how long it took.
package struct PlanHistory {
    struct Record {
        let key: LoadKey
        /// The last of its kind.
        var call: LayerCall
        /// How often each strategy was taken.
        var calls: [Int]
        /// Of the calls that waited for nothing.
        var seconds = 0.0
        var measured = 0
    }

    private(set) var records: [Record] = []
    private var places: [LoadKey: Int] = [:]

    package init() {}

    /// Makes a place for a kind of load, or finds it.
    ///
    /// - Parameter isNew: whether it was not there yet.
    package mutating func place(of key: LoadKey, _ call: LayerCall, strategies: Int) -> (place: Int, isNew: Bool) {
        if let place = places[key] { return (place, false) }
        places[key] = records.count
        records.append(Record(key: key, call: call, calls: Array(repeating: 0, count: strategies)))
        return (records.count - 1, true)
    }

    package mutating func note(_ call: LayerCall, _ strategy: Int, at place: Int) {
        records[place].call = call
        records[place].calls[strategy] += 1
    }

    package mutating func note(seconds: Double, at place: Int) {
        records[place].seconds += seconds
        records[place].measured += 1
    }

    /// One explanation for each layer and phase: of the kind of load that took most of its time, or came most often.
    package func layers(
        _ dictionary: StrategyDictionary, _ names: [String], units: (LayerCall) -> Double
    ) -> [LayerExplanation] {
        let groups = Dictionary(grouping: records) { record in
            LayerExplanation.Place(layer: record.key.layer, phase: record.key.phase, isShared: record.key.isShared)
        }
        return groups.compactMap { place, records in
            let heaviest = records.max { a, b in
                (a.seconds, a.calls.reduce(0, +)) < (b.seconds, b.calls.reduce(0, +))
            }
            guard let heaviest, let entry = dictionary[heaviest.key] else { return nil }
            let scale = units(heaviest.call)
            let chosen = heaviest.calls.indices.max { heaviest.calls[$0] < heaviest.calls[$1] }!
            return LayerExplanation(
                place: place, tokens: heaviest.call.tokens, active: heaviest.call.visits.count,
                imbalance: heaviest.call.imbalance, chosen: names[chosen],
                calls: heaviest.calls.reduce(0, +),
                strategies: entry.arms.map { arm in
                    LayerExplanation.Strategy(
                        name: arm.name, predictedSeconds: arm.predicted.map { $0 * scale },
                        measuredSeconds: arm.count > 0 ? arm.mean * scale : nil, calls: arm.count)
                })
        }
        .sorted { $0.place < $1.place }
    }
}
