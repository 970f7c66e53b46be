import Foundation
import Testing

/// Routers trained alike.
struct CompareTests {
    private let folder = try! TemporaryFolder()
    private var offstage: OffstageCommand { OffstageCommand(folder: folder) }

    private var command: [String] {
        get throws {
            let text = String(repeating: "the cat sat on the mat and the dog sat on the log. ", count: 80)
            try folder.write(text, to: "text.txt")
            return [
                "compare", "--data", "text.txt", "--layers", "1", "--hidden", "16", "--heads", "2", "--context", "16",
                "--batch", "4", "--steps", "12", "--experts", "4", "--routers", "dense,top-k,top-k:balance=0,hash",
                "--seeds", "1,2", "--out", "out", "--json",
            ]
        }
    }

    @Test func `a comparison trains every router with every seed and shows table, JSON and page`() throws {
        let outcome = try offstage(command)
        #expect(outcome.code == 0, "\(outcome.notes)")
        let report = try outcome.json(Report.self)
        #expect(report.routers.map(\.variant) == ["dense", "top-k", "top-k:balance=0", "hash"])
        #expect(report.routers.allSatisfy { $0.seeds == 2 && $0.validationLoss.mean > 0 })
        #expect(Set(report.routers.dropFirst().map(\.activeParameters)).count <= 2)
        #expect(report.routers[3].lateFluctuation.mean == 0)
        #expect(report.runs.count == 8)
        #expect(outcome.text.hasPrefix("router"))
        let page = try String(contentsOfFile: folder.file("out/comparison.html"), encoding: .utf8)
        #expect(page.hasPrefix("<!doctype html>") && page.components(separatedBy: "<polyline").count == 13)
        #expect(!page.contains("http"))
    }

    @Test func `asked again, a comparison takes the runs that are there`() throws {
        let first = try offstage(command)
        let log = folder.file("out/hash-seed-2/step-00000012.safetensors")
        let before = try FileManager.default.attributesOfItem(atPath: log)[.modificationDate] as? Date
        let second = try offstage(command)
        #expect(second.lastLine == first.lastLine)
        #expect(try FileManager.default.attributesOfItem(atPath: log)[.modificationDate] as? Date == before)
    }

    @Test(arguments: [
        ("top-q", "top-q"), ("top-k:balance", "balance"), ("top-k:unknown=1", "unknown"),
        ("top-k:balance=much", "balance"),
    ])
    func `a router that is not understood is named`(_ routers: String, _ named: String) throws {
        let outcome = try offstage(command + ["--routers", routers])
        #expect(outcome.code == 2)
        #expect(outcome.notes.contains(named), "\(outcome.notes)")
    }

    private struct Report: Decodable {
        struct Spread: Decodable { var mean: Double }
        struct Router: Decodable {
            var variant: String
            var seeds: Int
            var validationLoss: Spread
            var lateFluctuation: Spread
            var activeParameters: Int
        }
        struct Run: Decodable { var variant: String }
        var routers: [Router]
        var runs: [Run]
    }
}
