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
        guard let mine = report.acrossLayers?.maxOverMean.p50, let its = other.acrossLayers?.maxOverMean.p50,
            report.source.experts > 1, other.source.experts > 1
        else { return nil }
        let (name, otherName) = names(report, other)
        let numbers =
            "In the median layer the busiest expert has \(mine.fixed(2)) times the mean, there \(its.fixed(2)); "
            + "\(report.effectiveShare.percent) of the experts are effective, there \(other.effectiveShare.percent)."
        let verdict =
            abs(mine - its) < leastDifference * max(mine, its)
            ? "\(name) and \(otherName) share their work alike"
            : "\(name) shares its work \(mine < its ? "more" : "less") evenly than \(otherName)"
        return Finding(.notice, "comparison", verdict, detail: numbers)
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
