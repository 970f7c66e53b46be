import Foundation
import Profiling

extension RoutingReport {
    /// With an interval for every measure that can have one: from 6 % less to 7 % more than the measure.
    var withIntervals: RoutingReport {
        var report = self
        for place in layers.indices { report.layers[place].addIntervals() }
        report.acrossLayers?.addIntervals()
        for layer in domains?.layers.indices ?? 0..<0 { report.domains?.layers[layer].information.addInterval() }
        for layer in vocabulary?.layers.indices ?? 0..<0 { report.vocabulary?.layers[layer].addIntervals() }
        for place in transitions.indices { report.transitions[place].addIntervals() }
        report.cache?.addIntervals()
        for window in drift?.windows.indices ?? 0..<0 {
            report.drift?.windows[window].interval = drift.map { Interval(near: $0.windows[window].divergence) }
        }
        for layer in learning?.layers.indices ?? 0..<0 { report.learning?.layers[layer].addIntervals() }
        return report
    }
}

extension Interval {
    fileprivate init(near value: Double) { self.init(low: value * 0.94, high: value * 1.07) }

    /// Of a share, which cannot exceed 1.
    fileprivate init(share: Double) { self.init(low: share * 0.94, high: min(share * 1.07, 1)) }
}

private func near(_ value: Double) -> [String: Double] { ["low": value * 0.94, "high": value * 1.07] }
private func near(share: Double) -> [String: Double] { ["low": share * 0.94, "high": min(share * 1.07, 1)] }

/// As what a reader of JSON would make of it.
private func made<Intervals: Decodable>(_ intervals: [String: Any]) -> Intervals {
    do {
        return try JSONDecoder().decode(Intervals.self, from: JSONSerialization.data(withJSONObject: intervals))
    } catch {
        fatalError("intervals that are none: \(error)")
    }
}

extension LayerReport {
    fileprivate mutating func addIntervals() {
        intervals = made([
            "load": load.map { near(Double($0)) }, "maxOverMean": near(maxOverMean),
            "maxViolation": near(maxViolation), "cv": near(cv), "gini": near(gini),
            "entropy": near(share: entropy), "effectiveExperts": near(effectiveExperts),
            "deadExperts": ["low": deadExperts, "high": deadExperts],
            "dropRates": dropRates.map { near(share: $0) },
        ])
        gate = gate.map { gate in
            var gate = gate
            gate.intervals = made([
                "confidence": near(share: gate.confidence), "margin": near(share: gate.margin),
                "entropy": near(share: gate.entropy),
            ])
            return gate
        }
        coActivation?.allPairs.addIntervals()
        coActivation?.adjacentRanks.addIntervals()
    }
}

extension CoActivationReport.Pairs {
    fileprivate mutating func addIntervals() {
        interval = Interval(share: strongest)
        for place in top.indices {
            top[place].intervals = made([
                "probability": near(share: top[place].probability), "lift": near(top[place].lift),
            ])
        }
    }
}

extension AcrossLayers {
    fileprivate mutating func addIntervals() {
        maxOverMean.addIntervals()
        cv.addIntervals()
        gini.addIntervals()
        entropy.addIntervals()
        effectiveExperts.addIntervals()
        deadExperts.addIntervals()
    }
}

extension AcrossLayers.Percentiles {
    fileprivate mutating func addIntervals() {
        intervals = made([
            "p50": near(p50), "p75": near(p75), "p90": near(p90), "p95": near(p95),
            "min": near(min), "max": near(max),
        ])
    }
}

extension Information {
    fileprivate mutating func addInterval() { interval = Interval(near: mutualInformation) }
}

extension VocabularyReport.Layer {
    fileprivate mutating func addIntervals() {
        input.addInterval()
        next.addInterval()
        intervals = made(["inputShare": near(share: inputShare), "nextShare": near(share: nextShare)])
    }
}

extension TransitionReport {
    fileprivate mutating func addIntervals() {
        intervals = made([
            "mutualInformation": near(mutualInformation), "recall": near(share: recall),
            "popularityRecall": near(share: popularityRecall), "gain": near(recall - popularityRecall),
        ])
        for place in top.indices { top[place].interval = Interval(share: top[place].probability) }
    }
}

extension CacheReport {
    fileprivate mutating func addIntervals() {
        for place in points.indices {
            let point = points[place]
            points[place].intervals = made([
                "lru": near(share: point.lru), "belady": near(share: point.belady),
                "pinned": near(share: point.pinned),
            ])
        }
        let total = Double(max(reuseDistances.reduce(0) { $0 + $1.requests }, 1))
        for place in reuseDistances.indices {
            reuseDistances[place].interval = Interval(share: Double(reuseDistances[place].requests) / total)
        }
        for place in workingSet.indices { workingSet[place].interval = Interval(share: workingSet[place].share) }
        hotSet.intervals = made([
            "half": near(share: hotSet.half), "eighty": near(share: hotSet.eighty),
            "ninety": near(share: hotSet.ninety), "busiestTenth": near(share: hotSet.busiestTenth),
            "busiestTenthLater": near(share: hotSet.busiestTenthLater),
        ])
    }
}

extension LearningReport.Layer {
    fileprivate mutating func addIntervals() {
        intervals = made([
            "saturation": saturation.map { near(share: $0) }, "fluctuation": fluctuation.map { near(share: $0) },
            "settled": settled.map { near(share: $0) }, "maxOverMean": maxOverMean.map { near($0) },
            "agreement": agreement.map { near(share: $0) },
            "dropRates": dropRates.map { $0.map { near(share: $0) } },
        ])
    }
}
