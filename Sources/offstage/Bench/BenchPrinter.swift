import Foundation
import Inference
import Profiling
import Tensors

/// Prints what is found, each test as soon as it is done; as JSON all at the end.
final class BenchPrinter {
    let output: BenchOutput
    private var table: BenchTable?

    init(_ output: BenchOutput) { self.output = output }

    func print(_ result: BenchResult, of subject: BenchSubject) {
        switch output {
        case .md: row(markdown(result, subject), isMarkdown: true)
        case .csv: row(numbers(result, subject), isMarkdown: false)
        case .json: break
        }
    }

    func finish(_ answer: BenchAnswer) throws {
        switch output {
        case .md: Terminal.print("\n" + answer.machineText)
        case .csv: break
        case .json: try Terminal.print(json: answer)
        }
    }

    /// A cell, and its column.
    typealias Cell = (column: BenchTable.Column, text: String)

    /// Prints the head, too, if this is the first row.
    func row(_ cells: [Cell], isMarkdown: Bool) {
        if table == nil {
            table = BenchTable(
                columns: cells.map { cell in
                    var column = cell.column
                    column.width = max(column.width, cell.text.count)
                    return column
                }, isMarkdown: isMarkdown)
            Terminal.print(table!.head)
        }
        Terminal.print(table!.line(cells.map(\.text)))
    }

    private func markdown(_ result: BenchResult, _ subject: BenchSubject) -> [Cell] {
        let rate = String(format: "%.2f ± %.2f", result.rates.mean, result.rates.standardDeviation)
        var cells: [Cell] = [
            (.init(name: "model", isNumber: false), subject.name.printable),
            (.init(name: "size"), formatted(bytes: subject.sizeBytes)),
            (.init(name: "params"), count(subject.parameters)),
            (.init(name: "threads"), "\(result.threads)"), (.init(name: "test", width: 14), result.test.name),
            (.init(name: "t/s", width: 18), rate), (.init(name: "of reads"), percent(result.shareOfReads)),
            (.init(name: "of arithmetic"), percent(result.shareOfArithmetic)),
        ]
        if !result.plan.keyValueFormat.isExact {
            cells.append((.init(name: "kv", isNumber: false), result.plan.keyValueFormat.rawValue))
        }
        if result.plan.expertSlots < result.plan.expertCount {
            cells += [
                (.init(name: "experts in memory"), "\(result.plan.expertSlots) of \(result.plan.expertCount)"),
                (.init(name: "hits", width: 5), percent(result.hitRate)),
                (.init(name: "waiting"), percent(result.waitShare)),
            ]
        }
        return cells
    }

    private func numbers(_ result: BenchResult, _ subject: BenchSubject) -> [Cell] {
        let isPrompt = result.test.phase == .prompt
        func number(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }
        let ceilings = result.samples.map(\.ceilings)
        let products = ceilings.medianMultiplyAdds
        let cells: [(String, String)] = [
            ("model", subject.name.printable), ("size_bytes", "\(subject.sizeBytes)"),
            ("parameters", "\(subject.parameters)"),
            ("threads", "\(result.threads)"), ("test", result.test.name),
            ("prompt_tokens", "\(isPrompt ? result.test.tokens : 0)"),
            ("generated_tokens", "\(isPrompt ? 0 : result.test.tokens)"), ("depth", "\(result.test.depth)"),
            ("repetitions", "\(result.samples.count)"), ("tokens_per_second", number(result.rates.mean)),
            ("standard_deviation", number(result.rates.standardDeviation)),
            ("share_of_reads", number(result.shareOfReads)), ("share_of_arithmetic", number(result.shareOfArithmetic)),
            ("bytes_per_token", number(result.bytesPerToken)),
            ("read_bytes_per_second", number(ceilings.compactMap(\.bytesPerSecond).median)),
            ("int8_multiply_adds_per_second", number(products["int8"])),
            ("f32_multiply_adds_per_second", number(products["f32"])),
            ("key_value_format", result.plan.keyValueFormat.rawValue),
            ("ram_budget_bytes", "\(result.plan.budget)"), ("expert_slots", "\(result.plan.expertSlots)"),
            ("expert_count", "\(result.plan.expertCount)"), ("hit_rate", number(result.hitRate)),
            ("wait_share", number(result.waitShare)), ("bytes_read", "\(result.bytesRead)"),
        ]
        return cells.map { (.init(name: $0.0), $0.1) }
    }

    /// As llama-bench writes it.
    private func count(_ parameters: Int) -> String {
        parameters >= 1_000_000_000
            ? String(format: "%.2f B", Double(parameters) / 1e9) : String(format: "%.2f M", Double(parameters) / 1e6)
    }

    func percent(_ share: Double?) -> String { share.map { String(format: "%.1f %%", 100 * $0) } ?? "–" }
}
