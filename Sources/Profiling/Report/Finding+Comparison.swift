extension RoutingReport {
    /// With what sets it apart from another among the findings, after those that are wrong.
    package func compared(to other: RoutingReport) -> RoutingReport {
        guard let finding = Finding.comparison(of: self, with: other) else { return self }
        var report = self
        report.findings.insert(finding, at: findings.firstIndex { $0.severity != .alarm } ?? findings.endIndex)
        return report
    }
}

extension Finding {
    /// Less of a difference in max/mean, as a share, is none worth a word.
    private static let leastDifference = 0.05

    /// Which of two shares its work more evenly, in the median of its layers.
    fileprivate static func comparison(of report: RoutingReport, with other: RoutingReport) -> Finding? {
        guard let peaks = report.acrossLayers?.maxOverMean, let others = other.acrossLayers?.maxOverMean,
            report.source.experts > 1, other.source.experts > 1
        else { return nil }
        let (name, otherName) = names(report, other)
        let (mine, its) = (peaks.p50, others.p50)
        let (certainty, otherCertainty) = (peaks.intervals?.p50, others.intervals?.p50)
        let numbers =
            "In the median layer the busiest expert has \(mine.fixed(2)) times the mean\(certainty.note()), there "
            + "\(its.fixed(2))\(otherCertainty.note()); "
            + "\(report.effectiveShare.percent) of the experts are effective, there \(other.effectiveShare.percent)."
        let verdict =
            abs(mine - its) < leastDifference * max(mine, its)
            ? "\(name) and \(otherName) share their work alike"
            : "\(name) \(overlap(certainty, otherCertainty) ? "may share" : "shares") its work "
                + "\(mine < its ? "more" : "less") evenly than \(otherName)"
        return Finding(.notice, "comparison", verdict, detail: numbers)
    }

    /// Whether both may be the same.
    private static func overlap(_ first: Interval?, _ second: Interval?) -> Bool {
        guard let first, let second else { return false }
        return first.low <= second.high && second.low <= first.high
    }

    private static func names(_ report: RoutingReport, _ other: RoutingReport) -> (String, String) {
        let names = (report.source.model, other.source.model)
        guard names.0 == names.1 || names.0.isEmpty || names.1.isEmpty else { return names }
        let files = (report.source.files.first ?? "this", other.source.files.first ?? "the other")
        return files.0 == files.1 ? ("This", "the other") : files
    }
}

extension RoutingReport {
    /// Effective experts over all, the mean of the layers.
    fileprivate var effectiveShare: Double {
        layers.map { $0.effectiveExperts / Double(max($0.load.count, 1)) }.mean
    }
}
