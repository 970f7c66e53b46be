/// Chooses for every layer and load how its experts are spread over threads, and keeps what came of it.
///
/// It belongs to the thread that runs the layers.
package final class Planner {
    package let choice: StrategyChoice
    package let threads: Int
    /// The strategies it chooses among.
    package let names: [StrategyName]
    private let strategies: [any ExecutionStrategy]
    /// What is known of the machine and the experts; nothing, at first.
    package var knowledge = Knowledge()
    /// What it has learned.
    package private(set) var dictionary: StrategyDictionary
    /// What every layer did, for those who ask why.
    private var history = PlanHistory()

    /// What helps to choose before anything has been tried.
    package struct Knowledge {
        /// The number of the shape of the experts that a call is about: calls of one shape share what was measured.
        package var shape: (LayerCall) -> Int = { $0.isShared ? 1 : 0 }
        /// Seconds that a strategy will take, where they can be told.
        package var prediction: (LayerCall, any ExecutionStrategy) -> Double? = { _, _ in nil }

        package init() {}
    }

    package init(_ choice: StrategyChoice, threads: Int, dictionary: StrategyDictionary = StrategyDictionary()) {
        self.choice = choice
        self.threads = threads
        self.dictionary = dictionary
        names = choice.candidates(threads: threads)
        strategies = names.map(\.strategy)
    }

    /// What has been decided for a call.
    package struct Decision {
        package let strategy: any ExecutionStrategy
        fileprivate let key: LoadKey
        fileprivate let place: Int
        fileprivate let arm: Int
    }

    package func decide(_ call: LayerCall) -> Decision {
        let key = LoadKey(call)
        let (place, isNew) = history.place(of: key, call, strategies: names.count)
        if isNew, dictionary[key] == nil, let entry = dictionary[key.pooled(knowledge.shape(call))], isAbout(entry) {
            dictionary.adopt(key, entry)
        }
        let arm = names.count > 1 || isNew ? dictionary.choose(key) { arms(call) } : 0
        history.note(call, arm, at: place)
        return Decision(strategy: strategies[arm], key: key, place: place, arm: arm)
    }

    /// Remembers what a call took that waited for nothing but its own work.
    package func record(_ call: LayerCall, _ decision: Decision, seconds: Double) {
        let share = seconds / Self.units(of: call)
        dictionary.record(decision.key, arm: decision.arm, seconds: share)
        // Enough of it for others of its shape, and for runs to come.
        if names.count > 1, history.records[decision.place].measured < Self.callsWorthSharing {
            let pooled = decision.key.pooled(knowledge.shape(call))
            if let entry = dictionary[decision.key] { dictionary.adopt(pooled, entry) }
            dictionary.record(pooled, arm: decision.arm, seconds: share)
        }
        history.note(seconds: seconds, at: decision.place)
    }

    private static let callsWorthSharing = 64

    /// What was chosen for every layer, predicted and measured.
    package func explanation() -> [LayerExplanation] {
        history.layers(dictionary, names.map(\.description)) { call in Self.units(of: call) }
    }

    /// Whether what was learned before is about the same strategies.
    private func isAbout(_ entry: StrategyDictionary.Entry) -> Bool {
        entry.arms.map(\.name) == names.map(\.description)
    }

    /// Takes over what was learned before of experts of a shape, and hands out what is known of them now.
    package func adopt(_ learned: StrategyDictionary, shape: Int) {
        for (key, entry) in learned.entries where isAbout(entry) { dictionary.adopt(key.pooled(shape), entry) }
    }

    package func learned(shape: Int) -> StrategyDictionary { dictionary.pooled(shape: shape) }

    private func arms(_ call: LayerCall) -> [StrategyDictionary.Arm] {
        let load = Self.units(of: call)
        return zip(names, strategies).map { name, strategy in
            StrategyDictionary.Arm(
                name: name.description, predicted: knowledge.prediction(call, strategy).map { $0 / load })
        }
    }

    /// Loads of one kind differ in size; this is what their times are about proportional to.
    package static func units(of call: LayerCall) -> Double {
        Double(call.visits.reduce(0) { $0 + max($1, visitsWorthReading) })
    }

    private static let visitsWorthReading = 8
}
