/// What strategies took, by the kind of load they met (Tutel's dictionary: Hwang et al., 2023, arXiv 2206.03382).
///
/// Every strategy gives the same bits, so candidates are tried on live calls. Those that are slower for certain drop out
/// (successive elimination: Even-Dar et al., 2006); of the others, which differ by less than anybody would notice, the
/// fastest is taken. Machines change: all others have a turn again, the seldomer the more it costs.
package struct StrategyDictionary: Codable, Sendable {
    package private(set) var entries: [LoadKey: Entry] = [:]

    package init() {}

    /// The number of the arm to take.
    ///
    /// - Parameter arms: makes the candidates of a kind of load that is new, with what is predicted of them.
    package mutating func choose(_ key: LoadKey, _ arms: () -> [Arm]) -> Int {
        if let index = entries.index(forKey: key) { return entries.values[index].choose() }
        var entry = Entry(arms: arms())
        let choice = entry.choose()
        entries[key] = entry
        return choice
    }

    /// Remembers what a call took.
    package mutating func record(_ key: LoadKey, arm: Int, seconds: Double) {
        guard let index = entries.index(forKey: key), entries.values[index].arms.indices.contains(arm) else { return }
        entries.values[index].record(arm, seconds)
    }

    package subscript(key: LoadKey) -> Entry? { entries[key] }

    /// Takes over an entry for a load that is new.
    package mutating func adopt(_ key: LoadKey, _ entry: Entry) {
        guard entries[key] == nil else { return }
        entries[key] = entry
        // Layers that have learned from the same one should not all try something at the same token.
        entries[key]!.startPauses(callsAgo: abs(key.layer % 64) * 5 % 64)
    }

    /// Whether all numbers are some that may have been measured.
    package var isSound: Bool { entries.values.allSatisfy(\.isSound) }

    /// What holds for all layers whose experts have a shape of this number, under the number 0: as much as is worth keeping.
    package func pooled(shape: Int) -> StrategyDictionary {
        var pooled = StrategyDictionary()
        for (key, entry) in entries where key.layer == -1 - shape { pooled.entries[key.pooled(0)] = entry }
        return pooled
    }
}

extension StrategyDictionary {
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
        /// When it had its last turn, in calls.
        fileprivate var last = 0

        package init(name: String, predicted: Double?) {
            self.name = name
            self.predicted = predicted
        }

        /// Calls that count: older ones fade.
        private static let memory = 16

        /// Half the width of the interval that the mean lies in.
        fileprivate var uncertainty: Double {
            count > 1 ? 2 * (variance / Double(min(count, Self.memory))).squareRoot() : .infinity
        }

        fileprivate mutating func record(_ seconds: Double) {
            let deviation = variance.squareRoot()
            // A call may be held up by anything, but nothing makes it faster by chance: all before were held up, or the
            // machine has changed.
            let fastest = count < 3 ? mean / 2 : mean - max(3 * deviation, 0.15 * mean)
            if count > 0, seconds < fastest { (count, variance, isOut) = (0, 0, false) }
            // One that the system held up says little of the strategy.
            let seconds = count > 0 ? min(seconds, mean + max(3 * deviation, mean / 4)) : seconds
            count &+= 1
            let share = 1 / Double(min(count, Self.memory))
            let difference = seconds - mean
            mean += share * difference
            variance = (1 - share) * (variance + share * difference * difference)
        }
    }

    /// A kind of load.
    package struct Entry: Codable, Sendable {
        package var arms: [Arm]
        package var calls = 0
        /// The arm that is taken when nothing is to be tried.
        package var best = 0
        /// Choices since the last that came of something: a call that waits for experts to land tells nothing.
        private var untold = 0

        /// What takes so many times as long as the best drops out after one turn, after two; then its interval decides.
        private static let clearly = [3, 1.5]
        /// Turns after which the fastest is taken, whatever the others might still show.
        private static let enoughTurns = 12
        /// What is predicted to take so many times as long as the best has no turn in the beginning.
        private static let hopeless = 1.3
        /// The share of all time that may be spent on trying others again, and on those of which nothing but a prediction is
        /// known.
        private static let shareOfRetrials = 0.01
        private static let shareOfFirstTrials = 0.05
        /// Calls between two turns of the same one, though it cost nothing.
        private static let leastCallsPerRetrial = 64.0

        init(arms: [Arm]) {
            self.arms = arms
            guard let least = arms.compactMap(\.predicted).min() else { return }
            for (index, arm) in arms.enumerated() {
                guard let predicted = arm.predicted else { continue }
                self.arms[index].isOut = predicted > Self.hopeless * least
                if predicted == least { best = index }
            }
        }

        fileprivate var isSound: Bool {
            arms.indices.contains(best) && calls >= 0 && untold >= 0
                && arms.allSatisfy { arm in
                    arm.count >= 0 && arm.mean.isFinite && arm.mean >= 0 && arm.variance.isFinite && arm.variance >= 0
                        && (arm.predicted ?? 0).isFinite
                }
        }

        /// As if all had had their last turn so many calls ago.
        fileprivate mutating func startPauses(callsAgo calls: Int) {
            for index in arms.indices { arms[index].last = self.calls &- calls }
        }

        fileprivate mutating func choose() -> Int {
            calls &+= 1
            untold &+= 1
            guard untold == 1 else { return best }
            let choice = newcomer ?? retrial ?? best
            arms[choice].last = calls
            return choice
        }

        /// One of those that are not known well enough, the others being known better.
        private var newcomer: Int? {
            // The one that is best as far as is known has the first turn.
            var (found, inside) = (best, 0)
            for index in arms.indices where !arms[index].isOut {
                inside += 1
                if arms[index].count < arms[found].count { found = index }
            }
            return inside > 1 && arms[found].count < Self.enoughTurns ? found : nil
        }

        /// One that had no turn for long, considering what it costs.
        private var retrial: Int? {
            arms.indices.first { index in
                guard index != best else { return false }
                let pause = Double(calls &- arms[index].last)
                return pause >= Self.leastCallsPerRetrial && pause >= self.pause(of: index)
            }
        }

        /// Calls between two turns: what is lost on each is an equal part of the share, whatever it costs.
        private func pause(of index: Int) -> Double {
            let extra = expected(index) / expected(best) - 1
            let share = max(Self.shareOfRetrials, Self.shareOfFirstTrials / Double(arms[index].count + 1))
            return Double(arms.count - 1) * extra / share
        }

        /// Seconds for a unit of load; of those that were never tried as predicted, in proportion to the best.
        private func expected(_ index: Int) -> Double {
            let (arm, best) = (arms[index], arms[best])
            if arm.count > 0 { return arm.mean }
            guard let predicted = arm.predicted, let known = best.predicted, best.count > 0 else { return best.mean }
            return predicted / known * best.mean
        }

        fileprivate mutating func record(_ arm: Int, _ seconds: Double) {
            untold = 0
            arms[arm].record(seconds)
            updateBest()
            for index in arms.indices where index != best && arms[index].count > 0 {
                arms[index].isOut = isSlower(index)
            }
            arms[best].isOut = false
        }

        /// Whether one that has had a turn is slower than the best for certain.
        private func isSlower(_ index: Int) -> Bool {
            let (arm, best) = (arms[index], arms[best])
            guard arm.count > Self.clearly.count else { return arm.mean > Self.clearly[arm.count - 1] * best.mean }
            return arm.mean - arm.uncertainty > best.mean + best.uncertainty
        }

        private mutating func updateBest() {
            // Of two that are nearly alike it stays with the one it has.
            var least = arms[best].count > 0 ? 0.99 * arms[best].mean : .infinity
            for index in arms.indices where arms[index].count > 0 && arms[index].mean < least {
                (best, least) = (index, arms[index].mean)
            }
        }
    }
}
