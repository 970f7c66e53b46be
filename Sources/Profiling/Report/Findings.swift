/// What a report comes to: judgments, each with the numbers it rests on, the most pressing first.
extension Finding {
    package static func all(of report: RoutingReport) -> [Finding] {
        guard report.source.experts > 1 else {
            return [
                Finding(
                    .fine, "balance", "There is one expert, and every token visits it",
                    detail: "A dense model has nothing to balance; a cache holds all of a layer or nothing.")
            ]
        }
        let found =
            [collapse(report), idle(report), imbalance(report), drops(report), cache(report), specialization(report)]
            + [
                transitions(report), fluctuation(report), agreement(report), drift(report), gates(report),
                pairs(report),
            ]
        let all = found.compactMap(\.self)
        // What is wrong comes first, and then whether the work is shared: this is what people ask.
        return all.enumerated().sorted { ($0.element.rank, $0.offset) < ($1.element.rank, $1.offset) }.map(\.element)
    }

    private var rank: Int {
        switch severity {
        case .alarm: 0
        case .notice: 1
        case .fine: kind == "balance" ? 1 : 2
        }
    }

    private static func collapse(_ report: RoutingReport) -> Finding? {
        let collapsed = report.layers.filter(\.isCollapsed)
        guard let worst = collapsed.min(by: { $0.effectiveExperts < $1.effectiveExperts }) else { return nil }
        let whole = collapsed.count == report.layers.count
        let place =
            whole
            ? (report.layers.count == 1 ? "The router has" : "The routers of all \(report.layers.count) layers have")
            : collapsed.count == 1
                ? "The router of layer \(worst.layer) has"
                : "The routers of \(collapsed.count) of \(report.layers.count) layers have"
        let experts = worst.load.count
        return Finding(
            .alarm, "collapse",
            "\(place) collapsed: in layer \(worst.layer) the work of \(experts) experts is done by about "
                + worst.effectiveExperts.fixed(1) + worst.intervals.effectiveExperts.note { $0.fixed(1) },
            detail: "Its busiest expert has \(worst.maxOverMean.fixed(1)) times its fair share, of at most "
                + "\(worst.maxOverMeanCeiling.fixed(1)); idle: \(worst.deadExperts) of \(experts). A balance loss, the "
                + "loss-free bias, or a router that balances by itself brings the others back.")
    }

    /// Experts without work among so many tokens that chance would leave none.
    private static func idle(_ report: RoutingReport) -> Finding? {
        guard !report.isSmallSample, let worst = report.layers.max(by: { $0.deadExperts < $1.deadExperts }),
            worst.deadExperts > 0
        else { return nil }
        let (idle, experts) = report.layers.reduce((0, 0)) { ($0.0 + $1.deadExperts, $0.1 + $1.load.count) }
        return Finding(
            .notice, "idle", "\(idle.grouped) of \(experts.grouped) experts had no token at all",
            detail:
                "Most in layer \(worst.layer), \(worst.deadExperts) of \(worst.load.count); among so many tokens chance would "
                + "leave none idle. Other kinds of text may need them.")
    }

    /// Balance, good or bad, where no layer has collapsed.
    private static func imbalance(_ report: RoutingReport) -> Finding? {
        guard report.source.experts > 1, !report.layers.contains(where: \.isCollapsed),
            let worst = report.layers.max(by: { $0.excess < $1.excess }), let across = report.acrossLayers
        else { return nil }
        let numbers =
            "\(worst.maxOverMean.fixed(2)) times the mean there\(worst.intervals.maxOverMean.note()), "
            + "\(across.maxOverMean.p50.fixed(2))\((across.maxOverMean.intervals?.p50).note()) in the median layer; the ceiling is \(worst.maxOverMeanCeiling.fixed(1)), "
            + "and chance alone gives \(worst.chance.maxOverMean.fixed(2)) for so many tokens."
        let isSmall = report.isSmallSample
        if worst.excess < 1.5 {
            let verdict =
                worst.chance.maxOverMean >= 1.5
                ? "Hardly more uneven than chance makes so few tokens"
                : !isSmall && report.layers.contains { $0.deadExperts > 0 }
                    ? "The experts that work share it evenly" : "The experts share the work evenly"
            return Finding(
                .fine, "balance",
                "\(verdict): the busiest has at most \(across.maxOverMean.max.fixed(2)) times the mean",
                detail: "Furthest from chance is layer \(worst.layer): \(numbers)")
        }
        return Finding(
            worst.excess >= 3 && worst.leastExcess >= 1.5 && !isSmall ? .alarm : .notice, "imbalance",
            "Layer \(worst.layer) is uneven\(isSmall ? " here" : ""): its busiest expert has "
                + "\(worst.maxOverMean.fixed(1)) times the mean, as many experts work as if there were "
                + "\(worst.effectiveExperts.fixed(0)) of \(worst.load.count)",
            detail: numbers
                + (isSmall ? " So few tokens tell of their text more than of the model." : ""))
    }

    private static func drops(_ report: RoutingReport) -> Finding? {
        guard let worst = report.layers.max(by: { $0.worstDrop < $1.worstDrop }), worst.worstDrop > 0 else {
            return nil
        }
        let rates = worst.dropRates.enumerated().map { $1.percent + worst.dropInterval($0).percentNote }
            .joined(separator: ", ")
        return Finding(
            worst.worstDrop >= 0.05 ? .alarm : .notice, "drops",
            "Capacity turns away up to \(worst.worstDrop.percent) of a rank's choices, in layer \(worst.layer)",
            detail: "By rank, first choices first: \(rates). A greater capacity or better balance avoids it.")
    }

    private static func cache(_ report: RoutingReport) -> Finding? {
        guard let cache = report.cache, report.source.experts > 1, let quarter = cache.point(nearShare: 0.25) else {
            return nil
        }
        let memory = quarter.bytes.map { " (\($0.inBytes))" } ?? ""
        let hot = cache.hotSet
        let numbers =
            "Room for \(quarter.share.percent) of them\(memory) hits \(quarter.lru.percent)"
            + "\((quarter.intervals?.lru).percentNote) when the least recently used goes, \(quarter.belady.percent)"
            + "\((quarter.intervals?.belady).percentNote) at best. Half of the visits go to \(hot.half.percent)"
            + "\((hot.intervals?.half).percentNote) of the experts."
        if hot.busiestTenthLater >= 0.25 {
            let tenth = cache.expertBytes.map { " (\(($0 * Double(cache.experts) / 10).inBytes))" } ?? ""
            return Finding(
                .notice, "hot_set",
                (hot.isCertain
                    ? "There is a hot set worth caching" : "So few tokens do not tell whether there is a hot set")
                    + ": a tenth of the experts\(tenth) has \(hot.busiestTenthLater.percent)"
                    + "\((hot.intervals?.busiestTenthLater).percentNote) of the visits", detail: numbers)
        }
        return Finding(
            .notice, "hot_set",
            quarter.recencyPays
                ? "No hot set, but recency pays: a cache of \(quarter.share.percent) of the experts hits \(quarter.lru.percent)"
                : "No hot set worth caching: \(quarter.share.percent) of the experts in memory hit \(quarter.lru.percent)",
            detail: numbers)
    }

    private static func specialization(_ report: RoutingReport) -> Finding? {
        guard let domains = report.domains,
            let best = domains.layers.max(by: { $0.information.excess < $1.information.excess })
        else { return nil }
        let significant = domains.layers.count { $0.information.isSignificant }
        let numbers =
            "In layer \(best.layer) an expert tells \(best.information.mutualInformation.fixed(3)) nats"
            + "\(best.information.interval.note { $0.fixed(3) }) of a token's "
            + "domain, \(best.information.normalized.percent) of what there is to know; shuffled labels give "
            + "\(best.information.shuffledMean.fixed(3)), one in a hundred more than \(best.information.shuffledHigh.fixed(3))."
            + (domains.shuffled == .segments ? " \(DomainReport.fewTexts)" : "")
        return domains.isBeyondChance
            ? Finding(
                .notice, "specialization",
                "Experts specialize by domain in \(significant) of \(domains.layers.count) layers, most in layer \(best.layer)",
                detail: numbers)
            : Finding(.fine, "specialization", "Experts tell no more of domains than by chance", detail: numbers)
    }

    private static func transitions(_ report: RoutingReport) -> Finding? {
        let telling = report.transitions.filter(\.isTelling)
        guard let best = (telling.nonEmpty ?? report.transitions).max(by: { $0.gain < $1.gain }) else { return nil }
        let of = best.intervals
        let numbers =
            "From layer \(best.from) to \(best.to) the experts before guess \(best.recall.percent)\((of?.recall).percentNote) of the "
            + "next, the next one's popularity \(best.popularityRecall.percent)\((of?.popularityRecall).percentNote), "
            + "chance \(best.chanceRecall.percent), with as many guesses as visits."
            + (of?.gain == nil ? "" : " The difference to popularity is \(best.gain.percent)\((of?.gain).percentNote).")
        return best.isTelling
            ? Finding(
                .notice, "transitions",
                "A layer's experts foretell the next one's: \(best.recall.percent)\((of?.recall).percentNote) can be read "
                    + "ahead from layer \(best.from) to \(best.to)", detail: numbers)
            : Finding(
                .fine, "transitions",
                best.gain >= TransitionReport.leastGain
                    ? "So few tokens do not tell whether a layer's experts foretell the next one's"
                    : "A layer's experts say little of the next one's that popularity does not",
                detail: numbers)
    }

    private static func fluctuation(_ report: RoutingReport) -> Finding? {
        guard let learning = report.learning, learning.steps.count > 1, !learning.layers.isEmpty else { return nil }
        let last = learning.layers.map { $0.fluctuation.last ?? 0 }.mean
        let saturation = learning.layers.map { $0.saturation.first ?? 1 }.mean
        let note = learning.layers.map { $0.intervals?.fluctuation.last ?? nil }.mean.percentNote
        let early = learning.layers.map { $0.intervals?.saturation.first ?? nil }.mean.percentNote
        return Finding(
            last >= 0.1 ? .notice : .fine, "fluctuation",
            last >= 0.1
                ? "Routes are not settled: between the last two checkpoints \(last.percent)\(note) of the tokens changed their first expert"
                : "Routes have settled: between the last two checkpoints \(last.percent)\(note) of the tokens changed their first expert",
            detail:
                "Of the experts that tokens have at step \(learning.steps.last ?? 0), \(saturation.percent)\(early) were theirs "
                + "at step \(learning.steps[0]) already (means over the layers).")
    }

    private static func agreement(_ report: RoutingReport) -> Finding? {
        guard let learning = report.learning else { return nil }
        let known = learning.layers.compactMap { layer in
            layer.agreement.last.map { (rate: $0, interval: layer.intervals?.agreement.last ?? nil) }
        }
        guard let least = known.min(by: { $0.rate < $1.rate }), least.rate < 0.95, least.interval?.high ?? 0 < 1 else {
            return nil
        }
        return Finding(
            .notice, "agreement",
            "Generation routes otherwise than training did: \(known.map(\.rate).mean.percent)"
                + "\(known.map(\.interval).mean.percentNote) of the experts are the same",
            detail:
                "In the layer where it is least, \(least.rate.percent)\(least.interval.percentNote). Measured on validation tokens at the last checkpoint."
        )
    }

    private static func drift(_ report: RoutingReport) -> Finding? {
        guard let drift = report.drift,
            let peak = drift.windows.max(by: { $0.divergence < $1.divergence })
        else { return nil }
        let moved = drift.windowsBeyondChance
        let numbers =
            "The load of \(moved) of \(drift.windows.count) windows differs from that of the others by more than one in "
            + "twenty shuffled ones; most from token \(peak.firstToken) on: \(peak.divergence.fixed(3)) bits"
            + "\(peak.interval.note { $0.fixed(3) }), shuffled "
            + "\(drift.shuffledMean.fixed(3))."
        // One of four windows would be chance one time in five.
        return moved * 4 > drift.windows.count
            ? Finding(.notice, "drift", "Loads drift over the trace", detail: numbers)
            : Finding(.fine, "drift", "Loads stay much the same over the trace", detail: numbers)
    }

    private static func gates(_ report: RoutingReport) -> Finding? {
        let gates = report.layers.compactMap { layer in layer.gate.map { (layer.layer, $0) } }
        guard let least = gates.min(by: { $0.1.margin < $1.1.margin }) else { return nil }
        let mean = gates.map(\.1.confidence).mean
        let note = gates.map { $0.1.intervals?.confidence }.mean.percentNote
        return Finding(
            .fine, "gates", "Gates give their first choice \(mean.percent)\(note) on average",
            detail:
                "They waver most in layer \(least.0), where the first is \(least.1.margin.percent)"
                + "\((least.1.intervals?.margin).percentNote) ahead of the second."
        )
    }

    private static func pairs(_ report: RoutingReport) -> Finding? {
        let pairs = report.layers.compactMap { layer in
            layer.coActivation?.allPairs.top.first { $0.intervals?.lift?.low ?? .infinity > 1 }
                .map { (layer: layer, pair: $0) }
        }
        guard let best = pairs.max(by: { $0.pair.lift < $1.pair.lift }), let chance = best.layer.coActivation?.chance
        else { return nil }
        return Finding(
            .fine, "co_activation",
            "Experts \(best.pair.first) and \(best.pair.second) of layer \(best.layer.layer) come together "
                + "\(best.pair.lift.fixed(1))\((best.pair.intervals?.lift).note { $0.fixed(1) }) times as often as their loads explain",
            detail:
                "Of the tokens of the rarer one, \(best.pair.probability.percent)"
                + "\((best.pair.intervals?.probability).percentNote) visit the other too; without preference "
                + "\(chance.percent) would.")
    }
}

extension RoutingReport {
    /// Whether one short text could explain what is seen: what ``LoadBalance/isCollapsed`` asks for is not there.
    fileprivate var isSmallSample: Bool {
        source.tokens < max(512, 16 * source.experts) || layers.contains { $0.visits < 64 * $0.load.count }
    }
}

extension LayerReport {
    /// How many times as uneven as chance the busiest expert is.
    fileprivate var excess: Double { maxOverMean / max(chance.maxOverMean, 1) }
    /// The same at the least that its interval allows.
    fileprivate var leastExcess: Double {
        (intervals.maxOverMean?.low ?? maxOverMean) / max(chance.maxOverMean, 1)
    }
    fileprivate var worstDrop: Double { dropRates.max() ?? 0 }
}

extension Information {
    fileprivate var excess: Double { mutualInformation - shuffledMean }
}

extension DomainReport {
    /// Whether there are more significant layers than chance makes of one in a hundred, three standard deviations more, or one
    /// is twice as far beyond the mean of shuffled labels as one in a hundred of those.
    fileprivate var isBeyondChance: Bool {
        let significant = layers.map(\.information).filter(\.isSignificant)
        let byChance = Double(layers.count) / 100
        return Double(significant.count) > byChance + 3 * byChance.squareRoot()
            || significant.contains { $0.excess >= 2 * ($0.shuffledHigh - $0.shuffledMean) }
    }
}

extension TransitionReport {
    /// What knowing the experts before adds.
    var gain: Double { recall - popularityRecall }

    /// Less is worth nothing.
    fileprivate static let leastGain = 0.1

    /// Whether it is worth something, and surely more than nothing.
    fileprivate var isTelling: Bool { gain >= Self.leastGain && intervals?.gain?.low ?? gain > 0 }
}

extension CacheReport.HotSet {
    /// Whether the busiest tenth surely has more than a tenth of the visits.
    fileprivate var isCertain: Bool { intervals?.busiestTenthLater?.low ?? busiestTenthLater > 0.1 }
}

extension CacheReport.Point {
    /// Whether it serves more than its share of the experts.
    fileprivate var recencyPays: Bool { lru - share >= 0.1 && intervals?.lru?.low ?? lru > share }
}

extension CacheReport {
    /// The size that is nearest to a share of the experts.
    func point(nearShare share: Double) -> Point? {
        points.min { abs($0.share - share) < abs($1.share - share) }
    }
}
