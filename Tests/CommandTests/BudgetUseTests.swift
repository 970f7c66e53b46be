import Foundation
import Testing

/// What a budget allows is used, and not a page more.
struct BudgetUseTests {
    private let folder = try! TemporaryFolder()
    private var offstage: OffstageCommand { OffstageCommand(folder: folder) }

    private func run(_ budget: Int?, _ arguments: [String]) throws -> (text: String, Statistics) {
        let outcome = try offstage(
            ["run", SharedModels.wide(), "Some words to go on from", "-n", "8", "--ignore-eos", "--stats", "stats"]
                + ["--ram", budget.map(String.init) ?? "min"] + arguments)
        try #require(outcome.code == 0, "\(outcome.notes)")
        let statistics = try Data(contentsOf: URL(filePath: folder.file("stats")))
        return (outcome.text, try JSONDecoder.snakeCase.decode(Statistics.self, from: statistics))
    }

    @Test(arguments: [["--threads", "1"], ["--threads", "2", "--temp", "0.8", "--top-p", "0.9"]])
    func `the peak is within 5 % of the budget, or all experts are in memory, and the text is the same`(
        arguments: [String]
    ) throws {
        let (text, least) = try run(nil, arguments)
        // A program is not always of the same size.
        for more in stride(from: 1 << 20, through: 13 << 20, by: 3 << 20) {
            let (other, use) = try run(least.ramBudgetBytes + more, arguments)
            #expect(other == text)
            #expect(use.peakMemoryBytes <= use.ramBudgetBytes)
            #expect(
                use.peakMemoryBytes * 100 >= use.ramBudgetBytes * 95 || use.expertSlots == use.expertCount,
                "\(use.peakMemoryBytes) of \(use.ramBudgetBytes), \(use.expertSlots) experts")
        }
    }

    @Test func `a share of the experts is that share, whatever the plan has kept in reserve`() throws {
        let outcome = try offstage(
            "run", SharedModels.wide(), "Some words to go on from", "-n", "8", "--ignore-eos", "--ram", "25%", "--json")
        #expect(try outcome.json(Statistics.self).expertSlots == 8)
    }
}
