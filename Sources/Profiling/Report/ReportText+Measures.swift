extension ReportText {
    /// A line for everything else that the trace tells: a name, a curve, a sentence.
    var measures: [String] {
        [domains, transitions, drift].compactMap { $0 }.flatMap { $0 } + learning
    }

    /// A curve of at most a fifth of the line before the sentence.
    private func row(_ name: String, _ values: [Double], low: Double = 0, high: Double? = nil, _ sentence: String)
        -> [String]
    {
        let curve = Blocks.curve(Self.binned(values, to: 16), low: low, high: high).padded(16)
        let (first, rest) = (name.padded(13) + curve + "  ", String(repeating: " ", count: 31))
        return wrap(sentence, width - 31).enumerated().map { ($0 == 0 ? first : rest) + $1 }
    }

    private static func binned(_ values: [Double], to count: Int) -> [Double] {
        guard values.count > count else { return values }
        return (0..<count).map { place in
            Array(values[place * values.count / count..<(place + 1) * values.count / count]).mean
        }
    }

    private var domains: [String]? {
        guard let layers = report.domains?.layers, !layers.isEmpty else { return nil }
        let beyond = layers.filter(\.information.isSignificant)
        let most = beyond.max { $0.information.mutualInformation < $1.information.mutualInformation }
        let place = most.map { ", \($0.information.normalized.percent) of it in layer \($0.layer.clipped(8))" }
        return row(
            "domains", layers.map(\.information.mutualInformation),
            beyond.isEmpty
                ? "experts tell no more of them than with shuffled labels"
                : "known beyond chance in \(beyond.count) of \(layers.count) layers\(place ?? "")")
    }

    private var transitions: [String]? {
        guard !report.transitions.isEmpty else { return nil }
        let recall = report.transitions.map(\.recall)
        let certainty = report.transitions.map { $0.intervals?.recall }.mean
        return row(
            "next layer", recall, high: 1,
            "\(recall.mean.percent)\(certainty.percentNote) of its visits guessed from the layer before, "
                + "\(report.transitions.map(\.popularityRecall).mean.percent) by popularity")
    }

    private var drift: [String]? {
        guard let drift = report.drift, !drift.windows.isEmpty else { return nil }
        let beyond = drift.windowsBeyondChance
        return row(
            "drift", drift.windows.map(\.divergence),
            beyond == 0
                ? "none beyond what shuffled tokens show"
                : "\(beyond) of \(drift.windows.count) stretches differ more than one in twenty shuffled ones"
        )
    }

    private var learning: [String] {
        guard let learning = report.learning, learning.steps.count > 1, !learning.layers.isEmpty else { return [] }
        func mean(_ value: (LearningReport.Layer) -> [Double]) -> [Double] {
            let count = learning.layers.map { value($0).count }.min() ?? 0
            return (0..<count).map { step in learning.layers.map { value($0)[step] }.mean }
        }
        let (saturation, fluctuation) = (mean { $0.saturation }, mean { $0.fluctuation })
        guard let first = saturation.first, let changed = fluctuation.last else { return [] }
        return row(
            "saturation", saturation, high: 1,
            "\(first.percent) of the final experts at step \(learning.steps[0].grouped)")
            + row(
                "fluctuation", fluctuation,
                "\(changed.percent) of the tokens changed their first expert in the last stretch")
    }

    // MARK: Cache

    /// Hit rates at some sizes.
    var cache: [String] {
        guard let cache = report.cache, !cache.points.isEmpty else { return [] }
        var points: [CacheReport.Point] = []
        for share in [0.05, 0.1, 0.25, 0.5, 0.75] {
            if let nearest = cache.point(nearShare: share), points.last?.capacity != nearest.capacity {
                points.append(nearest)
            }
        }
        let curve = Blocks.curve(Self.binned(cache.points.map(\.lru), to: 10), high: 1)
        var rows = [["cache: share of the experts that fits"] + points.map(\.share.percent)]
        if cache.expertBytes != nil { rows.append(["  memory"] + points.map { $0.bytes?.inBytes ?? "–" }) }
        rows.append(["  hits, least recently used " + curve] + points.map(\.lru.percent))
        // As short as the sizes above it, so that no column goes for it.
        let ends = points.map { point in
            String((point.intervals?.lru).percentNote.dropFirst(2).dropLast().replacing(" to ", with: "–"))
        }
        if ends.contains(where: { !$0.isEmpty }) { rows.append(["  95 % confidence"] + ends) }
        rows.append(["  hits, best possible"] + points.map(\.belady.percent))
        return table(rows)
    }
}
