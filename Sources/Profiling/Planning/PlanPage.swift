/// What planning found, as one file that a browser shows without network and scripts.
package struct PlanPage: Sendable {
    let report: PlanReport
    let names: [String]

    package init(_ report: PlanReport) {
        self.report = report
        names = report.names
    }

    package var html: String {
        var page = HTMLPage(title: "Strategies for \(report.subject.clipped(80))", body: opening)
        page.sections = [fastest, predictions, loads, machine, words].compactMap { $0 }
        return page.text
    }

    private var opening: [String] {
        let remarks = report.remarks.prefix(12).map { "<li>\($0.clipped(400).escapedForHTML)</li>" }
        return ["<p class=\"verdict\">\(verdict.escapedForHTML)</p>"]
            + (remarks.isEmpty ? [] : ["<ul class=\"about\">\(remarks.joined())</ul>"]) + [keyFigures]
    }

    /// Which strategy is fastest, and what it is worth to know that.
    private var verdict: String {
        let tried = report.loads.filter { !$0.measured.isEmpty }
        guard !tried.isEmpty else { return "No load was measured." }
        guard names.count > 1 else {
            return "There is one strategy to choose from, \(names[0].clipped(24)), as there is one thread."
        }
        let wins = wins
        let most = wins.max { $0.count < $1.count } ?? (names[0], 0)
        let best = names.min { worth($0) < worth($1) } ?? names[0]
        let chosen = report.slowdownsByPrediction.mean
        let how = chosen.isFinite ? "; what is predicted to be, \(Self.longer(chosen))" : ""
        return """
            \(most.name.clipped(24).capitalizedFirst) is the fastest for \(most.count) of \(tried.count.counted("load")). \
            Always \(best.clipped(24)) takes \(Self.longer(worth(best))) than the fastest of each load\(how).
            """
    }

    private func worth(_ name: String) -> Double {
        let slowdowns = report.slowdowns(of: name)
        return slowdowns.isEmpty ? .infinity : slowdowns.mean
    }

    /// For how many loads each strategy is the fastest.
    var wins: [(name: String, count: Int)] {
        let winners = report.loads.compactMap { $0.measured.first?.name }
        return names.map { name in (name, winners.count { $0 == name }) }
    }

    /// "3.2 % longer", of a time over another.
    static func longer(_ ratio: Double) -> String { "\(max(0, ratio - 1).percent) longer" }

    private var keyFigures: String {
        let all = report.predictions()
        let chosen = report.slowdownsByPrediction.nonEmpty.map { ($0.mean - 1).percent } ?? "–"
        let tiles: [(name: String, value: String, note: String)] = [
            ("loads", report.loads.count.grouped, "\(names.count.counted("strategy", plural: "strategies")) each"),
            (
                "mean error of predictions", all.meanError.percent,
                "of \(all.count.grouped) times, relative to what was measured"
            ),
            ("correlation", all.correlation.fixed(3), "of predicted and measured times; 1 is all"),
            (
                "longer by what is predicted to be the fastest", chosen, "than the fastest of each load, on average"
            ),
        ]
        let html = tiles.map {
            """
            <div><dt>\($0.name)</dt><dd class="value">\($0.value)</dd><dd class="note">\($0.note.escapedForHTML)</dd></div>
            """
        }
        return """
            <h2 class="findings" id="figures">In numbers</h2>
            <dl class="key">\(html.joined(separator: "\n"))</dl>
            """
    }
}

extension Double {
    /// Seconds as milliseconds, with three digits that matter.
    var milliseconds: String {
        let value = self * 1000
        return abs(value) < 0.9995 ? value.fixed(3) : value.brief
    }
}

extension Int {
    /// With a noun whose plural is not made by an s.
    func counted(_ noun: String, plural: String) -> String {
        "\(grouped)\u{00A0}\(self == 1 ? noun : plural)"
    }
}
