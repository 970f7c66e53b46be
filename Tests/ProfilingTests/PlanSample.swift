import Profiling

/// What plans might have found.
struct PlanSample {
    var rows = ["0", "0.5", "1", "2"]
    var columns = (0..<10).map { 1 << $0 }
    var names = ["rows", "tiles", "experts", "tokens"]
    var subject = "8 experts of 1024 x 3584"
    /// How far predictions are off, in turns.
    var errors = [0.02, -0.03, 0.15, 0]
    var isMeasured = true
    var spread = 0.02

    /// Tiles take a millisecond for each token, strategies that stand n places from them 5 n % more.
    var report: PlanReport {
        let tiles = names.firstIndex(of: "tiles") ?? 0
        var loads: [PlanReport.Load] = []
        for row in rows {
            for tokens in columns {
                let strategies = names.indices.map { index in
                    let measured = 1e-3 * Double(tokens) * (1 + 0.05 * Double(abs(index - tiles)))
                    return PlanReport.Strategy(
                        name: names[index], predicted: measured * (1 + errors[index % errors.count]),
                        measured: isMeasured ? measured : nil, spread: spread)
                }
                loads.append(
                    PlanReport.Load(
                        row: row, column: "\(tokens)", tokens: tokens, active: min(8, 2 * tokens), imbalance: 1.5,
                        chosen: names[tiles], strategies: strategies))
            }
        }
        return PlanReport(
            subject: subject, rowName: "skew", columnName: "tokens", remarks: ["Skew says how unlike experts are."],
            machine: [.init("threads", "2"), .init("memory read by one thread", "11.0 GB/s")], loads: loads)
    }

    static let sweep = PlanSample()
    static let hostile = PlanSample(
        rows: ["<script>alert('x')</script>"], columns: [1, 2], names: ["tiles", "\"><b>&", "a\u{202E}b"],
        subject: "<i>model</i>")
    static let unmeasured = PlanSample(isMeasured: false)
    static let single = PlanSample(columns: [1], names: ["tiles"])
    /// As on a machine of many threads, and with as many columns as there is no more room for numbers.
    static let wide = PlanSample(
        columns: (0..<16).map { 1 << $0 },
        names: ["rows", "tiles", "experts", "groups:2", "groups:4", "groups:8", "groups:16", "groups:32", "tokens"],
        spread: 0.2)

    /// Layers by phase, one of them with an expert that all tokens visit.
    static var layers: PlanReport {
        var report = PlanSample(rows: (0..<48).map { "\($0)" } + ["47 shared"], columns: [1, 512]).report
        (report.rowName, report.columnName, report.remarks) = ("layer", "phase", [])
        for index in report.loads.indices {
            report.loads[index].column = report.loads[index].tokens == 1 ? "decode" : "prompt"
        }
        return report
    }

    static var empty: PlanReport { PlanReport(subject: "", rowName: "layer", columnName: "phase", loads: []) }
}
