import Foundation
import Testing

/// Routing traces go from format to format.
struct TraceCommandTests {
    private let folder = try! TemporaryFolder()
    private var offstage: OffstageCommand { OffstageCommand(folder: folder) }

    private struct Report: Decodable {
        var from: String
        var to: String
        var tokens: Int
        var visits: Int
        var layers: Int
        var losses: [String]
    }

    private func convert(_ arguments: String...) throws -> Outcome { try offstage(["trace", "convert"] + arguments) }

    @Test func `a trace that was recorded goes through every format and comes back`() throws {
        let score = try offstage(
            "score", SharedModels.small(), "--ids", "-", "--trace", "trace.jsonl", input: "[1, 7, 8, 9, 10]")
        #expect(score.code == 0, "\(score.notes)")
        let first = try convert("trace.jsonl", "--to", "route-trace", "--out", "rows.csv", "--json")
        #expect(first.code == 0, "\(first.notes)")
        let report = try first.json(Report.self)
        #expect((report.from, report.to) == ("offstage", "route-trace"))
        #expect(report.tokens == 5)
        #expect(report.losses == ["The tokens' ids are left out.", "How decided the gates were is left out."])
        #expect(
            first.notes.contains(
                "Wrote trace.jsonl (offstage) to rows.csv as route-trace: 5 tokens, \(report.visits) visits"))
        for (source, format, name) in [
            ("rows.csv", "megatron", "steps.jsonl"), ("steps.jsonl", "llama-cpp", "pairs.csv"),
            ("pairs.csv", "offstage", "back.jsonl"),
        ] {
            let next = try convert(source, "--to", format, "--out", name, "--json")
            #expect(next.code == 0, "\(next.notes)")
            let found = try next.json(Report.self)
            #expect((found.tokens, found.visits, found.layers) == (5, report.visits, report.layers))
        }
    }

    @Test func `standard input, and several files, are read as well`() throws {
        try folder.write("0,1\n0,2\n1,3\n1,0\n0,1\n0,2\n1,3\n1,0\n", to: "a")
        let line = "\"$offstage\" trace convert - a --to offstage --out b --experts 8 --json < a"
        let both = try offstage.shell(line)
        #expect(both.code == 0, "\(both.notes)")
        #expect(try both.json(Report.self).tokens == 4)
        #expect(both.notes.contains("Wrote 2 files (llama-cpp) to b as offstage: 4 tokens, 16 visits in 2 layers."))
    }

    @Test func `what is there is only replaced when told to`() throws {
        try folder.write("0,1\n1,2\n0,1\n1,2\n", to: "a")
        try folder.write("thesis", to: "b")
        let refused = try convert("a", "--to", "offstage", "--out", "b")
        #expect((refused.code, refused.notes) == (1, "Error: b is there already; --force replaces it\n"))
        #expect(try convert("a", "--to", "offstage", "--out", "b", "--force").code == 0)
        #expect(folder.size(of: "b") > 100)
    }

    @Test func `a damaged trace is named by its line, and nothing is left`() throws {
        try folder.write("0,1\n1,2\n0,1\n1,", to: "a")
        let cut = try convert("a", "--to", "offstage", "--out", "b")
        #expect(cut.code == 1)
        #expect(cut.notes.hasPrefix("Error: a, line 4: the file ends in the middle of this line"))
        #expect(try convert("a", "--to", "offstage", "--out", "b", "--partial").code == 0)
        try folder.write(String(repeating: "0,1\n1,2\n", count: 400), to: "long")
        let full = try offstage.shell("ulimit -f 8; \"$offstage\" trace convert long --to offstage --out c")
        #expect(full.code == 1)
        #expect(full.notes.contains("could not write the routing trace c: File too large; make room"))
        #expect(!folder.has("c") && !folder.has("c.partial"))
    }

    @Test func `Ctrl-C leaves nothing half-written`() throws {
        let pipe = try offstage.shell(
            "mkfifo p; \"$offstage\" trace convert p --to offstage --out b & exec 3> p; printf '0,1\\n1,2\\n' >&3; "
                + "kill -INT $!; exec 3>&-; wait $!; echo code $?")
        #expect(pipe.text == "code 130\n", "\(pipe.notes)")
        #expect(pipe.notes == "Interrupted; the same command begins again.\n")
        #expect(!folder.has("b") && !folder.has("b.partial"))
    }

    @Test func `a wrong command line is answered with 2`() throws {
        for arguments in [
            ["a", "--to", "onnx", "--out", "b"], ["a", "--to", "offstage"], ["--to", "offstage", "--out", "b"],
            ["a", "--to", "offstage", "--out", ""], ["", "--to", "offstage", "--out", "b"],
            ["a", "--to", "offstage", "--out", "b", "--top-k", "0"], ["-", "-", "--to", "offstage", "--out", "b"],
            ["a", "--to", "offstage", "--out", "b", "--top-k", "9", "--experts", "8"],
        ] {
            #expect(try offstage(["trace", "convert"] + arguments).code == 2, "\(arguments)")
        }
    }
}
