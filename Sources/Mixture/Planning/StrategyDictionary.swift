/// What strategies took, by the kind of load they met (Tutel's dictionary: Hwang et al., 2023, arXiv 2206.03382).
///
/// Every strategy gives the same bits, so candidates are tried on live calls. Those that are slower for certain drop out
/// (successive elimination: Even-Dar et al., 2006); of the others, which differ by less than anybody would notice, the
/// fastest is taken. Now and then another has a turn, since machines change.
package struct StrategyDictionary: Codable, Sendable {
    /// One strategy under one kind of load.
    package struct Arm: Codable, Sendable, Equatable {
        package var name: String
        /// Seconds for a unit of load as the cost model expects them, if it does.
        package var predicted: Double?
        /// Mean and variance of the last calls, in seconds for a unit of load.
        package var mean = 0.0
        package var variance = 0.0
        package var count = 0
        package var isOut = false

        package init(name: String, predicted: Double?) {
            self.name = name
            self.predicted = predicted
        }

        /// Half the width of the interval that the mean lies in.
        fileprivate var uncertainty: Double {
            count > 1 ? 2 * (variance / Double(min(count, Self.memory))).squareRoot() : .infinity
        }

        /// Calls that count: older ones fade.
        private static let memory = 16

        fileprivate mutating func record(_ seconds: Double) {
            // One that the system held up says little of the strategy.
            let seconds = count >= 3 ? min(seconds, 2 * mean) : seconds
            count += 1
            let share = 1 / Double(min(count, Self.memory))
            let difference = seconds - mean
            mean += share * difference
            variance = (1 - share) * (variance + share * difference * difference)
        }
    }

    package struct Entry: Codable, Sendable {
        package var arms: [Arm]
        package var calls = 0
        /// The arm that is taken when nothing is to be tried.
        package var best = 0
    }

    package private(set) var entries: [LoadKey: Entry] = [:]

    package init() {}

    /// Turns that each candidate has before any drops out.
    private static let leastTurns = 3
    /// Turns after which the fastest is taken, whatever the others might still show.
    private static let enoughTurns = 12
    /// Calls after which another one has a turn again.
    private static let callsPerRetrial = 64
    /// What is predicted or measured to take so many times as long as the best is not tried again.
    private static let hopeless = 1.3

    /// The number of the arm to take.
    ///
    /// - Parameter arms: makes the candidates of a kind of load that is new, with what is predicted of them.
    package mutating func choose(_ key: LoadKey, _ arms: () -> [Arm]) -> Int {
        let index = entries.index(forKey: key)
        guard let index else {
            var entry = Entry(arms: arms())
            entry.dropHopeless(by: Self.hopeless)
            let choice = entry.choose(Self.leastTurns, Self.enoughTurns, Self.callsPerRetrial, Self.hopeless)
            entries[key] = entry
            return choice
        }
        return entries.values[index].choose(Self.leastTurns, Self.enoughTurns, Self.callsPerRetrial, Self.hopeless)
    }

    /// Remembers what a call took.
    package mutating func record(_ key: LoadKey, arm: Int, seconds: Double) {
        guard let index = entries.index(forKey: key), entries.values[index].arms.indices.contains(arm) else { return }
        entries.values[index].record(arm, seconds, leastTurns: Self.leastTurns)
    }

    package subscript(key: LoadKey) -> Entry? { entries[key] }

    /// Whether all numbers are some that may have been measured.
    package var isSound: Bool {
        entries.values.allSatisfy { entry in
            !entry.arms.isEmpty && entry.arms.indices.contains(entry.best) && entry.calls >= 0
                && entry.arms.allSatisfy { arm in
                    arm.count >= 0 && arm.mean.isFinite && arm.mean >= 0 && arm.variance.isFinite && arm.variance >= 0
                        && (arm.predicted ?? 0).isFinite
                }
        }
    }

    /// What holds for all layers whose experts have a shape of this number, under the number 0: as much as is worth keeping.
    package func pooled(shape: Int) -> StrategyDictionary {
        var pooled = StrategyDictionary()
        for (key, entry) in entries where key.layer == -1 - shape { pooled.entries[key.pooled(0)] = entry }
        return pooled
    }

    /// Takes over an entry for a load that is new.
    package mutating func adopt(_ key: LoadKey, _ entry: Entry) {
        if entries[key] == nil { entries[key] = entry }
    }
}

extension StrategyDictionary.Entry {
    init(arms: [StrategyDictionary.Arm]) { self.arms = arms }

    fileprivate mutating func dropHopeless(by factor: Double) {
        guard let least = arms.compactMap(\.predicted).min() else { return }
        for index in arms.indices where arms[index].predicted.map({ $0 > factor * least }) ?? false {
            arms[index].isOut = true
        }
        best = arms.indices.min { (arms[$0].predicted ?? .infinity) < (arms[$1].predicted ?? .infinity) } ?? 0
    }

    fileprivate mutating func choose(_ least: Int, _ enough: Int, _ retrial: Int, _ hopeless: Double) -> Int {
        defer { calls += 1 }
        let inside = arms.indices.filter { !arms[$0].isOut }
        guard inside.count > 1 || calls % retrial == retrial - 1 else { return best }
        if calls % retrial == retrial - 1 {
            let others = arms.indices.filter { index in
                index != best && (arms[index].count == 0 || arms[index].mean < hopeless * arms[best].mean)
                    && (arms[index].predicted ?? 0) <= hopeless * (arms[best].predicted ?? .infinity)
            }
            return others.isEmpty ? best : others[calls / retrial % others.count]
        }
        // The one that is best as far as is known has the first turn.
        let next = inside.min { (arms[$0].count, $0 == best ? 0 : 1) < (arms[$1].count, $1 == best ? 0 : 1) }!
        return arms[next].count < enough ? next : best
    }

    fileprivate mutating func record(_ arm: Int, _ seconds: Double, leastTurns: Int) {
        arms[arm].record(seconds)
        let tried = arms.indices.filter { arms[$0].count > 0 }
        best = tried.min { arms[$0].mean < arms[$1].mean } ?? best
        let reach = arms[best].mean + arms[best].uncertainty
        for index in arms.indices where index != best && arms[index].count >= leastTurns {
            arms[index].isOut = arms[index].mean - arms[index].uncertainty > reach
        }
        arms[best].isOut = false
    }
}
