import Foundation
import Profiling
import Testing

/// What `profile --json` must hold, in part; names are in snake case.
private struct Report: Decodable {
    var findings: [Finding]
    var layers: [Layer]
    var source: Source
    var domains: Domains?
    var learning: Learning?
    var against: [Report]?

    struct Finding: Decodable {
        var severity: String
        var kind: String
        var headline: String
    }

    struct Layer: Decodable {
        var load: [Int]
        var promptLoad: [Int]
        var decodeLoad: [Int]
        var maxOverMean: Double
        var cv: Double
        var gini: Double
        var entropy: Double
        var isCollapsed: Bool
        var gate: Gate?

        struct Gate: Decodable { var basis: String }
    }

    struct Source: Decodable {
        var tokens: Int
        var visits: Int
        var texts: Int
        var remarks: [String]
    }

    struct Domains: Decodable {
        var names: [String]
        var layers: [Layer]

        struct Layer: Decodable { var information: Information }
        struct Information: Decodable {
            var mutualInformation: Double
            var shuffledHigh: Double
            var pValue: Double
        }
    }

    struct Learning: Decodable {
        var steps: [Int]
        var layers: [Layer]

        struct Layer: Decodable {
            var saturation: [Double]
            var settled: [Double]
            var agreement: [Double]
        }
    }
}

@Suite struct ProfileTests {
    private let folder = try! TemporaryFolder()
    private var offstage: OffstageCommand { OffstageCommand(folder: folder) }

    @Test func `a run that was recorded is profiled, and every visit is counted`() throws {
        let run = try offstage(
            "run", SharedModels.small(), "Once upon", "-n", "20", "--trace", "t.jsonl", "--ignore-eos")
        try #require(run.code == 0, "\(run.notes)")
        let trace = try RoutingTrace(contentsOf: folder.file("t.jsonl"))
        let profile = try offstage("profile", "--trace", "t.jsonl", "--json")
        try #require(profile.code == 0, "\(profile.notes)")
        #expect(profile.text.split(separator: "\n").count == 1)
        let report = try profile.json(Report.self)
        #expect(report.layers.count == trace.header.layers)
        for (number, layer) in report.layers.enumerated() {
            var (load, decode) = ([Int](repeating: 0, count: trace.header.experts), 0)
            for entry in trace.entries where entry.layer == number {
                for expert in entry.experts { load[expert] += 1 }
                if entry.phase == .decode { decode += entry.experts.count }
            }
            #expect(layer.load == load)
            #expect(layer.decodeLoad.reduce(0, +) == decode)
            #expect(zip(layer.promptLoad, layer.decodeLoad).map(+) == load)
            #expect(layer.gate?.basis == "all_experts")
        }
    }

    @Test func `a model is profiled on texts of several domains, as it would be in a recorded run`() throws {
        try FileManager.default.createDirectory(atPath: folder.file("texts"), withIntermediateDirectories: true)
        try folder.write(String(repeating: "Once upon a time. ", count: 30), to: "texts/stories.txt")
        try folder.write(String(repeating: "1 + 2 = 3; ", count: 60), to: "texts/sums.txt")
        try folder.write(
            #"{"text": "Once upon a time there was a fox.", "domain": "stories"}"# + "\n\n"
                + #"{"text": "2 + 2 = 4", "domain": "sums"}"# + "\n", to: "lines.jsonl")
        let report = try offstage(
            "profile", SharedModels.small(), "--text", "texts", "lines.jsonl", "--tokens", "200", "--context", "32",
            "--json"
        ).json(Report.self)
        #expect(report.domains?.names.sorted() == ["stories", "sums"])
        #expect(report.source.tokens <= 200 && report.source.tokens > 100)
        let whole = try offstage(
            "profile", SharedModels.small(), "--text", "texts/stories.txt", "--context", "64", "--json", "--ram", "min"
        )
        .json(Report.self)
        let ids = try offstage("tokenize", SharedModels.small(), "--text", "texts/stories.txt", "--json")
            .json(Tokens.self).tokens
        #expect(whole.source.tokens == ids.count)
        #expect(whole.domains == nil)
    }

    @Test func `training and profiling read the same texts out of links and lines of JSON`() throws {
        let sentences = (0..<60).map { "The fox number \($0) sat on the log." }
        try FileManager.default.createDirectory(atPath: folder.file("texts/more"), withIntermediateDirectories: true)
        try folder.write(sentences.map { "{\"text\": \"\($0)\"}\n" }.joined(), to: "texts/lines.jsonl")
        try folder.write(sentences.joined(separator: "\n"), to: "texts/more/plain.txt")
        for (link, target) in [("link", "texts"), ("texts/linked", "more"), ("texts/more/up", "..")] {
            try FileManager.default.createSymbolicLink(atPath: folder.file(link), withDestinationPath: target)
        }
        let report = try offstage("profile", SharedModels.small(), "--text", "link", "--json").json(Report.self)
        #expect(report.domains?.names.sorted() == ["lines", "linked", "more"])
        let trained = try offstage(
            "train", "--data", "link", "--layers", "1", "--hidden", "16", "--heads", "2", "--context", "16", "--steps",
            "2",
            "--out", "run", "--json")
        try #require(trained.code == 0, "\(trained.notes)")
        #expect(try trained.json(Trained.self).validationLossByDomain.keys.sorted() == ["lines", "linked", "more"])
        // Neither braces nor names of fields are learned.
        #expect(try offstage("tokenize", "run", "{\"", "--no-bos").text.contains("<unk>"))
        try folder.write("{\"text\": \"a\"}\n{\"txt\": \"b\"}\n", to: "texts/lines.jsonl")
        for command in [
            ["train", "--data", "link", "--out", "other"], ["profile", try SharedModels.small(), "--text", "link"],
        ] {
            let refused = try offstage(command)
            #expect(refused.code == 1 && refused.notes.contains("link/lines.jsonl, line 2: wanted is a JSON object"))
        }
    }

    @Test func `the summary begins with a finding and ends within the terminal`() throws {
        _ = try offstage("run", SharedModels.small(), "Once upon", "-n", "20", "--trace", "t.jsonl", "--ignore-eos")
        let profile = try offstage("profile", "--trace", "t.jsonl", "--html", "report.html")
        try #require(profile.code == 0, "\(profile.notes)")
        let lines = profile.text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.allSatisfy { $0.count <= 80 })
        #expect(!profile.text.contains("\u{1B}"))
        let page = try String(contentsOfFile: folder.file("report.html"), encoding: .utf8)
        #expect(page.hasPrefix("<!doctype html>") && page.contains("<svg"))
        #expect(!page.contains("<script") && !page.contains("src=") && !page.contains("http"))
    }

    @Test func `two runs stand side by side, the second from a saved report`() throws {
        for (prompt, name) in [("Once upon", "a"), ("1 + 2", "b")] {
            _ = try offstage(
                "run", SharedModels.small(), prompt, "-n", "20", "--trace", "\(name).jsonl", "--ignore-eos")
        }
        let saved = try offstage.shell("$offstage profile --trace b.jsonl --json > b.json")
        try #require(saved.code == 0, "\(saved.notes)")
        struct Compared: Decodable {
            var layers: [Layer]
            var against: Other
            struct Other: Decodable { var layers: [Layer] }
            struct Layer: Decodable { var load: [Int] }
        }
        let direct = try offstage("profile", "--trace", "a.jsonl", "--against", "b.jsonl", "--json").json(Compared.self)
        let fromReport = try offstage("profile", "--trace", "a.jsonl", "--against", "b.json", "--json")
            .json(Compared.self)
        #expect(direct.against.layers.map(\.load) == fromReport.against.layers.map(\.load))
        #expect(direct.layers.map(\.load) != direct.against.layers.map(\.load))
        let page = try offstage("profile", "--trace", "a.jsonl", "--against", "b.json", "--html", "r.html")
        #expect(page.code == 0, "\(page.notes)")
    }

    @Test(arguments: [
        (["profile"], 2, "--trace"),
        (["profile", "--text", "x.txt", "--trace", "t"], 2, "MODEL"),
        (["profile", "model", "--trace", "t"], 2, "without a model"),
        (["profile", "nowhere", "--text", "x.txt"], 1, "there is no model nowhere"),
        (["profile", "--trace", "missing.jsonl"], 1, "missing.jsonl"),
        (["profile", "--trace", "broken.jsonl"], 1, "line 2"),
        (["profile", "--trace", "good.csv", "--against", "broken.json"], 1, "broken.json is not a report"),
        (["profile", "--trace", "good.csv", "--html", "no/such/folder.html"], 1, "could not write the report"),
        (["profile", "--trace", "good.csv", "--tokens", "0"], 2, "--tokens"),
    ])
    func `what cannot be profiled is said in one sentence`(arguments: [String], code: Int32, words: String) throws {
        try folder.write("x", to: "x.txt")
        try folder.write("{", to: "broken.json")
        try folder.write(
            #"{"experts":4,"format":"offstage-trace","layers":2,"model":"m","top_k":1,"version":1}"# + "\nhalf a li",
            to: "broken.jsonl")
        try folder.write("0,1\n1,0\n0,0\n1,1\n", to: "good.csv")
        let outcome = try offstage(arguments)
        #expect(outcome.code == code, "\(outcome.notes)")
        #expect(outcome.notes.contains(words), "\(outcome.notes)")
        #expect(outcome.text.isEmpty)
    }

    @Test func `a page takes the place of nothing that it is made from`() throws {
        try folder.write("0,1\n1,0\n0,0\n1,1\n", to: "rows.csv")
        try FileManager.default.createSymbolicLink(atPath: folder.file("page.html"), withDestinationPath: "rows.csv")
        for page in ["rows.csv", "page.html"] {
            let outcome = try offstage("profile", "--trace", "rows.csv", "--html", page)
            #expect(outcome.code == 1)
            #expect(outcome.notes.contains("\(page) is read from"), "\(outcome.notes)")
            #expect(folder.size(of: "rows.csv") == 16)
        }
        #expect(try offstage("profile", "--trace", "no.csv", "--html", "new.html").code == 1)
        #expect(!FileManager.default.fileExists(atPath: folder.file("new.html")), "an empty page was left")
    }

    @Test func `going live prints lines of JSON to those who are no terminal, and changes no text`() throws {
        let plain = try offstage("run", SharedModels.small(), "Once", "-n", "12", "--ignore-eos")
        let live = try offstage("run", SharedModels.small(), "Once", "-n", "12", "--ignore-eos", "--live")
        #expect(live.text == plain.text)
        struct Reading: Decodable {
            var tokens: Int
            var layers: [Layer]
            struct Layer: Decodable {
                var load: [Int]
                var maxOverMean: Double
            }
        }
        let readings = try live.notes.split(separator: "\n").filter { $0.hasPrefix("{") }.map {
            try JSONDecoder.snakeCase.decode(Reading.self, from: Data($0.utf8))
        }
        let last = try #require(readings.last)
        #expect(last.tokens >= 12)
        #expect(last.layers.allSatisfy { $0.load.reduce(0, +) > 0 && $0.maxOverMean >= 1 })
    }
}

/// Profiles of training runs.
@Suite struct ProfileRunTests {
    private let sample = try! TrainingSample()

    @Test func `the checkpoints of a run tell how its routes settled`() throws {
        let command =
            TrainingSample.command(steps: 24, every: 6) + ["--keep-checkpoints", "0", "--router", "expert-choice"]
        let trained = try sample.offstage(command + ["--live"])
        try #require(trained.code == 0, "\(trained.notes)")
        #expect(trained.notes.contains(#""step":24"#))
        let profile = try sample.offstage("profile", "run", "--json")
        try #require(profile.code == 0, "\(profile.notes)")
        let report = try profile.json(Report.self)
        let learning = try #require(report.learning)
        #expect(learning.steps == [6, 12, 18, 24])
        for layer in learning.layers {
            #expect(layer.saturation.count == 4 && layer.saturation.last == 1 && layer.settled.last == 1)
            #expect(layer.agreement.count == 4 && layer.agreement.allSatisfy { 0...1 ~= $0 })
        }
        #expect(report.layers.count == 2)
    }

    @Test func `a damaged checkpoint is named with what to do`() throws {
        let trained = try sample.offstage(TrainingSample.command(steps: 12, every: 6))
        try #require(trained.code == 0, "\(trained.notes)")
        try sample.folder.write("no tensors", to: "run/step-00000006.safetensors")
        let profile = try sample.offstage("profile", "run")
        #expect(profile.code == 1)
        #expect(profile.notes.contains("step-00000006.safetensors") && profile.notes.contains("Remove that file"))
    }

    @Test func `a page that finds no room leaves nothing behind, and the summary is there`() throws {
        _ = try sample.offstage(TrainingSample.command(steps: 12, every: 12))
        let profile = try sample.offstage.shell("ulimit -f 8; \"$offstage\" profile run --html page.html")
        #expect(profile.code == 1)
        #expect(profile.notes.contains("could not write the report to page.html"), "\(profile.notes)")
        #expect(profile.text.contains("max/mean"))
        #expect(!sample.folder.has("page.html"))
    }

    @Test func `a frozen table never changes its mind, and training agrees with generation`() throws {
        let command = TrainingSample.command(steps: 12, every: 6) + ["--keep-checkpoints", "0", "--router", "hash"]
        let trained = try sample.offstage(command)
        try #require(trained.code == 0, "\(trained.notes)")
        let learning = try #require(try sample.offstage("profile", "run", "--json").json(Report.self).learning)
        #expect(learning.layers.allSatisfy { $0.saturation == [1, 1] })
        #expect(learning.layers.allSatisfy { $0.agreement.allSatisfy { $0 == 1 } })
    }

    /// The same small model twice, one expert of 16 for a token.
    private func learn(balance: String) throws -> Report {
        let trained = try sample.offstage(
            [
                "train", "--data", "toy", "--toy-bytes", "20000", "--layers", "2", "--hidden", "32", "--heads", "2",
                "--intermediate", "32", "--context", "32",
                "--batch", "16", "--experts", "16", "--router", "switch", "--learning-rate", "1e-2",
                "--steps", "150", "--balance", balance, "--out", "run", "--force",
            ])
        try #require(trained.code == 0, "\(trained.notes)")
        return try sample.offstage("profile", "run", "--json").json(Report.self)
    }

    @Test func `a collapsed router is called collapsed in the first line, and one with a balance loss is not`() throws {
        let collapsed = try learn(balance: "0")
        #expect(collapsed.findings.first?.kind == "collapse")
        #expect(collapsed.layers.count { $0.isCollapsed } > 0)
        let summary = try sample.offstage("profile", "run")
        #expect(
            summary.text.split(separator: "\n").first?.contains("collapsed") ?? false, "\(summary.text.prefix(200))")
        let balanced = try learn(balance: "0.1")
        #expect(balanced.findings.first?.kind != "collapse")
        #expect(balanced.layers.count { $0.isCollapsed } == 0)
    }

    @Test func `experts of a model that learned several domains specialize by more than chance`() throws {
        let report = try learn(balance: "0.05")
        let domains = try #require(report.domains)
        #expect(domains.names.count == 7)
        #expect(domains.layers.allSatisfy { $0.information.pValue <= 0.01 })
        #expect(domains.layers.allSatisfy { $0.information.mutualInformation > $0.information.shuffledHigh })
    }
}
