extension PlanReport {
    /// The names of all strategies, in the order in which they come first.
    var names: [String] { loads.flatMap { $0.strategies.map(\.name) }.uniqued }
    var rows: [String] { loads.map(\.row).uniqued }
    var columns: [String] { loads.map(\.column).uniqued }

    /// All loads of a place of a map, as one after the other.
    package func load(row: String, column: String) -> Load? {
        let here = loads.filter { $0.row == row && $0.column == column }
        return here.first.map { here.dropFirst().reduce($0) { $0.followed(by: $1) } }
    }

    /// What was predicted of a strategy, or of all, and measured.
    func predictions(of name: String? = nil) -> PredictionError {
        PredictionError(
            loads.flatMap(\.strategies).filter { name == nil || $0.name == name }.compactMap { strategy in
                guard let predicted = strategy.predicted, let measured = strategy.measured, measured > 0 else {
                    return nil
                }
                return PredictionError.Pair(predicted: predicted, measured: measured, spread: strategy.spread ?? 0)
            })
    }

    /// How many times as long as the fastest of each load a strategy takes, of those loads where it was measured.
    func slowdowns(of name: String) -> [Double] { loads.map { $0.slowdown(of: name) }.filter(\.isFinite) }

    /// The same of whatever is predicted to be the fastest.
    var slowdownsByPrediction: [Double] {
        loads.compactMap { load in load.predictedFastest.map { load.slowdown(of: $0) } }.filter(\.isFinite)
    }
}

extension PlanReport.Load {
    /// The fastest first.
    package var measured: [PlanReport.Strategy] {
        strategies.filter { $0.measured != nil }.sorted { ($0.measured ?? 0) < ($1.measured ?? 0) }
    }

    var predictedFastest: String? {
        let predicted = strategies.filter { $0.predicted != nil }
        return predicted.min { ($0.predicted ?? 0) < ($1.predicted ?? 0) }?.name
    }

    /// NaN where it was not measured.
    func slowdown(of name: String) -> Double {
        guard let least = measured.first?.measured, least > 0,
            let own = strategies.first(where: { $0.name == name })?.measured
        else { return .nan }
        return own / least
    }

    /// How much longer than the fastest the next one takes, relative to it; nil where there is none.
    var lead: Double? { measured.count > 1 ? slowdown(of: measured[1].name) - 1 : nil }

    /// Whether the lead is greater than what repeated measurements differ by.
    var isClear: Bool {
        guard let lead else { return false }
        return lead > max(Self.leastLead, measured[0].spread ?? 0, measured[1].spread ?? 0)
    }

    /// Nobody would notice less.
    private static let leastLead = 0.02

    fileprivate func followed(by other: PlanReport.Load) -> PlanReport.Load {
        var both = self
        both.tokens += other.tokens
        both.imbalance = max(imbalance, other.imbalance)
        both.strategies = strategies.compactMap { own in
            other.strategies.first { $0.name == own.name }.map { its in
                PlanReport.Strategy(
                    name: own.name, predicted: own.predicted.flatMap { own in its.predicted.map { own + $0 } },
                    measured: own.measured.flatMap { own in its.measured.map { own + $0 } },
                    spread: max(own.spread ?? 0, its.spread ?? 0))
            }
        }
        return both
    }
}

extension [String] {
    /// Each once, in the order of its first place.
    fileprivate var uniqued: [String] {
        var seen: Set<String> = []
        return filter { seen.insert($0).inserted }
    }
}
