import Foundation
import Testing

/// What a command writes takes the place of an older file when it is whole, and not before.
struct ReplacedFileTests {
    private let folder = try! TemporaryFolder()
    private var offstage: OffstageCommand { OffstageCommand(folder: folder) }

    private func text(_ name: String) throws -> String {
        try String(contentsOfFile: folder.file(name), encoding: .utf8)
    }

    private func hidden() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasPrefix(".") }
    }

    @Test func `a report that finds no room leaves the old one whole`() throws {
        try folder.write("0,1\n1,0\n0,0\n1,1\n", to: "rows.csv")
        try folder.write("old", to: "page.html")
        let profile = try offstage.shell("ulimit -f 8; \"$offstage\" profile --trace rows.csv --html page.html")
        #expect(profile.code == 1)
        #expect(profile.notes.contains("could not write the report to page.html: File too large"), "\(profile.notes)")
        #expect(try text("page.html") == "old")
        #expect(try hidden().isEmpty)
    }

    @Test func `links stay links and keep their permissions, and pipes and devices are written into`() throws {
        try folder.write("0,1\n1,0\n0,0\n1,1\n", to: "rows.csv")
        try folder.write("old", to: "real.html")
        chmod(folder.file("real.html"), 0o600)
        try FileManager.default.createSymbolicLink(atPath: folder.file("link.html"), withDestinationPath: "real.html")
        for page in ["link.html", "/dev/null"] {
            #expect(try offstage("profile", "--trace", "rows.csv", "--html", page).code == 0)
        }
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder.file("link.html")) == "real.html")
        #expect(try text("real.html").hasPrefix("<!doctype html>"))
        let permissions = try FileManager.default.attributesOfItem(atPath: folder.file("real.html"))[.posixPermissions]
        #expect(permissions as? Int == 0o600)
        let piped = try offstage.shell(
            "mkfifo pipe; cat pipe > copy & \"$offstage\" profile --trace rows.csv --html pipe > out; wait")
        #expect(piped.code == 0, "\(piped.notes)")
        #expect(try text("copy") == text("real.html"))
        let direct = try offstage.shell("\"$offstage\" profile --trace rows.csv --html /dev/stdout --json | tail -n +2")
        #expect(direct.code == 0, "\(direct.notes)")
        #expect(try direct.text == text("real.html"))
        #expect(try hidden().isEmpty)
    }

    @Test func `numbers of a run, and its trace, stay until there are new ones`() throws {
        for name in ["stats.json", "trace.jsonl"] { try folder.write("old", to: name) }
        let model = try SharedModels.small()
        let command = [
            "run", model, "Once", "-n", "3", "--ignore-eos", "--stats", "stats.json", "--trace", "trace.jsonl",
        ]
        let failed = try offstage(command + ["--context", "1"])
        #expect(failed.code == 1)
        #expect(try text("stats.json") == "old" && text("trace.jsonl") == "old")
        #expect(try offstage(command).code == 0)
        #expect(try text("stats.json").hasPrefix("{") && text("trace.jsonl").hasPrefix("{"))
        #expect(try hidden().isEmpty)
    }

    @Test func `a folder is not replaced by a page`() throws {
        try folder.write("0,1\n1,0\n0,0\n1,1\n", to: "rows.csv")
        try FileManager.default.createDirectory(atPath: folder.file("page"), withIntermediateDirectories: true)
        let notes = try offstage("profile", "--trace", "rows.csv", "--html", "page").notes
        #expect(notes == "Error: could not write the report to page: Is a directory\n")
    }

    @Test(arguments: [("gguf", "out.gguf"), ("hugging-face", "out")])
    func `two exports to one path both finish, and what is there is whole`(format: String, out: String) throws {
        try folder.write("mine", to: "out.gguf.partial")
        try FileManager.default.createDirectory(atPath: folder.file("out"), withIntermediateDirectories: true)
        try folder.write("mine", to: "out/model.safetensors.partial")
        let sources = ["small-f32.gguf", "small-bf16.gguf"].map { GoldenFiles.path($0) }
        let both = try sources.map {
            try offstage.start(["export", $0, "--format", format, "--out", out, "--force"])
        }.map { try $0.finished() }
        #expect(both.allSatisfy { $0.code == 0 }, "\(both.map(\.notes))")
        func score(_ path: String) throws -> [Double?] {
            let name = UUID().uuidString
            let packed = try offstage("pack", path, "--name", name)
            #expect(packed.code == 0, "\(packed.notes)")
            return try offstage("score", name, "--text", "-", "--json", input: "Once upon a time").json(Scores.self)
                .logprobs
        }
        let found = try score(out).compactMap(\.self)
        let isOneOfThem = try sources.contains { source in
            try zip(score(source).compactMap(\.self), found).allSatisfy { abs($0 - $1) < 1e-5 }
        }
        #expect(isOneOfThem)
        #expect(try text("out.gguf.partial") == "mine" && text("out/model.safetensors.partial") == "mine")
        #expect(try hidden().isEmpty)
    }

    @Test(arguments: [SIGINT, SIGKILL])
    func `an export that is stopped leaves the old file, and nothing for long`(signal: Int32) throws {
        #expect(
            try offstage(
                "synth", "large.gguf", "--hidden", "512", "--intermediate", "1024", "--layers", "2", "--format", "f16"
            ).code == 0)
        try folder.write("old", to: "out.gguf")
        let export = ["export", "large.gguf", "--format", "gguf", "--quantize", "q8_0", "--out", "out.gguf", "--force"]
        let running = try offstage.start(export)
        #expect(running.send(signal) { _ in (try? hidden().isEmpty) == false })
        #expect(try running.finished().code == (signal == SIGINT ? 130 : -SIGKILL))
        #expect(try text("out.gguf") == "old")
        #expect(try hidden().isEmpty == (signal == SIGINT))
        #expect(try offstage(export).code == 0)
        #expect(try hidden().isEmpty)
    }

    @Test func `a device is not replaced by a model`() throws {
        let synth = try offstage(
            "synth", "/dev/null", "--force", "--layers", "1", "--hidden", "64", "--intermediate", "64")
        #expect(synth.code == 1)
        #expect(synth.notes.contains("/dev/null: cannot be written: it is there and is no file"), "\(synth.notes)")
    }
}
