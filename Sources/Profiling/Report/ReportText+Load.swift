extension ReportText {
    /// More layers than these are not all shown.
    private static let shownLayers = 8

    /// A column for every expert, or for some beside each other, and a bar for the busiest.
    var load: [String] {
        guard let first = report.layers.first else { return [] }
        guard report.layers.count > 1 else { return experts(of: first) }
        let labels = report.layerLabels.map { plain($0).clippedToColumns(5) }
        let most = report.layers.map(\.load.count).max() ?? 1
        let (nameWidth, numberWidth, barWidth) = (5, 6, max(10, width / 5))
        let size = binSize(most, room: width - nameWidth - numberWidth - barWidth - 6)
        let columns = (most + size - 1) / size
        let greatest = report.worstLayer?.maxOverMean ?? 1
        let title = "Load of the experts over their fair share"
        let note = size > 1 ? ", \(size) to a column" : ""
        let head =
            "layer".indented(toEndAt: nameWidth) + "  " + "experts".padded(columns).clippedToColumns(columns) + "  "
            + "max/mean".clippedToColumns(numberWidth + barWidth)
        let rows = shown.map { place in
            let layer = report.layers[place]
            return labels[place].indented(toEndAt: nameWidth) + "  "
                + map(layer.loadOverMean, size: size, columns: columns)
                + "  " + Blocks.bar(layer.maxOverMean / greatest, width: barWidth) + "  "
                + layer.maxOverMean.brief.indented(toEndAt: numberWidth - 2)
        }
        return [paint((title + note).clippedToColumns(width), .strong), paint(head, .soft)] + rows + legend
    }

    private var legend: [String] {
        let hidden = report.layers.count - shown.count
        let rest = hidden > 0 ? " · \(hidden) layers more" : ""
        return paint(indented("▁ less than 0.57  ▄ even  █ 2.5 times and more  · idle\(rest)"), .soft)
    }

    /// All layers if they are few; else the worst, and some on the way.
    private var shown: [Int] {
        let count = report.layers.count
        guard count > Self.shownLayers else { return Array(0..<count) }
        let worst = report.layers.indices.sorted {
            let (first, second) = (report.layers[$0].maxOverMean, report.layers[$1].maxOverMean)
            return first == second ? $0 < $1 : first > second
        }
        let onTheWay = (0..<4).map { $0 * (count - 1) / 3 }
        return Set(worst.prefix(4) + onTheWay).sorted()
    }

    private func binSize(_ experts: Int, room: Int) -> Int { max(1, (experts + room - 1) / max(room, 1)) }

    private func map(_ loads: [Double], size: Int, columns: Int) -> String {
        let bins = stride(from: 0, to: loads.count, by: size).map {
            Array(loads[$0..<min($0 + size, loads.count)]).mean
        }
        let blank = String(repeating: " ", count: max(columns - bins.count, 0))
        guard usesColor else { return String(bins.map(Blocks.load)) + blank }
        return bins.map { "\u{1B}[38;5;\(Self.colors[HeatMap.shade($0) + 5])m\(Blocks.load($0))" }.joined()
            + "\u{1B}[0m" + blank
    }

    /// From blue over gray to orange, of the 256 that terminals know.
    private static let colors = [25, 32, 38, 74, 110, 248, 180, 179, 214, 208, 202]

    /// A bar for each expert of the only layer, the busiest first.
    private func experts(of layer: LayerReport) -> [String] {
        let loads = layer.loadOverMean
        let order = loads.indices.sorted { loads[$0] == loads[$1] ? $0 < $1 : loads[$0] > loads[$1] }
        let title = paint(
            "Load of the experts of layer \(plain(layer.layer).clippedToColumns(20)) over their fair share", .strong)
        let rows = order.prefix(12).map { expert in
            let share = loads[expert] / max(layer.maxOverMean, 1e-9)
            return "  expert " + "\(expert)".padded(5) + Blocks.bar(share, width: width - 26) + " "
                + loads[expert].brief
        }
        let rest = order.count > 12 ? paint(indented("and \(order.count - 12) that do less"), .soft) : []
        return [title] + rows + rest
    }

    // MARK: Table

    /// The measures of the layers: of all if they are few, else percentiles and the worst.
    var layers: [String] {
        guard !report.layers.isEmpty else { return [] }
        let labels = report.layerLabels
        let head = ["layer", "max/mean", "of at most", "CV", "Gini", "entropy", "effective", "idle", "gate", "95 %"]
        let worst = report.layers.indices.sorted { report.layers[$0].maxOverMean > report.layers[$1].maxOverMean }
        let isLong = report.layers.count > Self.shownLayers
        let rows = (isLong ? worst.prefix(3).sorted() : Array(report.layers.indices)).map { place -> [String] in
            let layer = report.layers[place]
            return [
                labels[place] + (layer.isCollapsed ? " collapsed" : ""), layer.maxOverMean.brief,
                layer.maxOverMeanCeiling.brief, layer.cv.fixed(2), layer.gini.fixed(2), layer.entropy.fixed(3),
                layer.effectiveExperts.fixed(1), "\(layer.deadExperts)", layer.gate?.confidence.fixed(2) ?? "–",
                layer.intervals.maxOverMean?.text() ?? "–",
            ]
        }
        return table([head] + rows) + (isLong ? percentiles : [])
    }

    private var percentiles: [String] {
        guard let across = report.acrossLayers else { return [] }
        let measures = [
            ("max/mean", across.maxOverMean), ("CV", across.cv), ("Gini", across.gini), ("entropy", across.entropy),
        ]
        let rows = measures.map { name, of in [name] + [of.min, of.p50, of.p75, of.p90, of.p95, of.max].map(\.brief) }
        return table([["over all layers", "least", "p50", "p75", "p90", "p95", "greatest"]] + rows)
    }
}
