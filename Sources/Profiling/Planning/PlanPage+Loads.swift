extension PlanPage {
    /// Every number.
    var loads: HTMLPage.Section? {
        guard !report.loads.isEmpty else { return nil }
        let table = HTMLPage.table(
            caption:
                "Milliseconds, predicted / measured; ± where repeated measurements differ by more than \(PredictionError.tolerance.percent)",
            head: [report.rowName, report.columnName, "tokens", "experts visited", "max/mean", "taken"]
                + names.map { $0.clipped(24) },
            rows: report.loads.map { load in
                [
                    load.row.clipped(24), load.column.clipped(24), load.tokens.grouped, load.active.grouped,
                    load.imbalance.brief, load.chosen.clipped(24),
                ] + names.map { name in times(load.strategies.first { $0.name == name }) }
            })
        return HTMLPage.Section(
            id: "loads", title: "All loads",
            body: [report.loads.count > 24 ? Figure.folded("All \(report.loads.count.grouped) loads", table) : table])
    }

    private func times(_ strategy: PlanReport.Strategy?) -> String {
        guard let strategy else { return "–" }
        let spread = strategy.spread.flatMap { $0 > PredictionError.tolerance ? " ± \($0.percent)" : nil } ?? ""
        return (strategy.predicted?.milliseconds ?? "–") + " / " + (strategy.measured?.milliseconds ?? "–") + spread
    }

    /// What the parts of the machine cost.
    var machine: HTMLPage.Section? {
        guard !report.machine.isEmpty else { return nil }
        return HTMLPage.Section(
            id: "machine", title: "The machine",
            body: [
                HTMLPage.table(
                    caption: "What its parts cost, as measured", head: ["part", "cost"],
                    rows: report.machine.map { [$0.name, $0.text] })
            ])
    }

    /// What the strategies do, and what the numbers mean.
    var words: HTMLPage.Section? {
        let terms = Self.strategies.filter { term in names.contains { $0.split(separator: ":")[0] == term.name } }
        let entries = (terms + Self.measures).map { name, meaning in
            "<div><dt>\(name.capitalizedFirst.escapedForHTML)</dt><dd>\(meaning.escapedForHTML)</dd></div>"
        }
        return HTMLPage.Section(
            id: "words", title: "What the words mean",
            body: [
                HTMLPage.paragraph("All strategies give the same bits; they differ in who computes what, and when."),
                "<dl class=\"glossary\">\(entries.joined(separator: "\n"))</dl>",
            ])
    }

    private static let strategies = [
        (name: "rows", meaning: "All threads split the rows of one expert after the other: tensor parallelism."),
        (name: "experts", meaning: "Each thread takes experts of its own: expert parallelism."),
        (
            name: "groups",
            meaning: "Each group of so many threads takes experts of its own, and splits their rows: both at once."
        ),
        (
            name: "tiles",
            meaning:
                "All threads take tiles of all experts from one queue: a dropless grouped product, as MegaBlocks has it (Gale "
                + "et al., 2022, arXiv 2211.15841)."
        ),
        (name: "tokens", meaning: "Each thread takes a share of every expert's tokens: data parallelism."),
    ]

    private static let measures = [
        (
            name: "max/mean",
            meaning: "How many times its fair share the busiest expert does: 1 when all are visited alike."
        ),
        (
            name: "predicted",
            meaning:
                "What a cost model expects: every thread's turns are played through with the costs of a row of weights, which "
                + "were measured for a few numbers of visits, by one thread alone and by all at once."
        ),
        (
            name: "measured",
            meaning:
                "The median of several calls; strategies take turns, so that what disturbs one disturbs the others too."
        ),
        (
            name: "mean error",
            meaning:
                "How far the predicted time is from the measured one, relative to it, on average: the mean absolute percentage "
                + "error."
        ),
    ]
}
