import Foundation
import Testing

/// Names that would move a terminal's cursor, or begin a line of their own, are shown without what would do that.
struct UntrustedNameTests {
    /// Clears the screen and goes on in a line of its own.
    private static let name = "x\u{1B}[2J\nError: y\u{9B}0m"
    private static let shown = "x?[2J?Error: y?0m"

    private let sample = try! TrainingSample()
    private var offstage: OffstageCommand { sample.offstage }

    @Test(
        arguments: [
            ["pack", name], ["run", name, "hi"], ["score", name, "--text", "text.txt"], ["tokenize", name, "hi"],
            ["inspect", name], ["train", name], ["train", "--data", name], ["compare", name],
            ["profile", name, "--text", "text.txt"], ["profile", "--trace", name],
            ["trace", "convert", name, "--to", "megatron", "--out", "out"],
            ["export", name, "--format", "gguf", "--out", "out"], ["synth", "\(name)/model.gguf"],
        ])
    func `a message is one line, whatever the name in it`(arguments: [String]) throws {
        let outcome = try offstage(arguments)
        #expect(outcome.code == 1, "\(outcome.notes)")
        #expect(outcome.notes.hasPrefix("Error: ") && outcome.notes.hasSuffix("\n"))
        #expect(outcome.notes.unicodeScalars.count { $0.properties.generalCategory == .control } == 1)
    }

    @Test func `a name is shown with a question mark for each character that nobody sees`() throws {
        #expect(
            try offstage("inspect", Self.name).notes
                == "Error: there is no model \(Self.shown): neither experts/\(Self.shown) nor the path \(Self.shown) exists. "
                + "No model is packed in experts yet; `offstage pack` makes one.\n")
    }

    @Test(arguments: [["dance\u{1B}c"], ["run", "x", "--fast\u{1B}c"], ["run", "x", "y", "-n", "1\u{1B}c"]])
    func `so are words of a wrong command line`(arguments: [String]) throws {
        let outcome = try offstage(arguments)
        #expect(outcome.code == 2)
        #expect(outcome.notes.contains("?c"))
        #expect(!outcome.notes.contains("\u{1B}"))
    }

    @Test func `values to choose from still have lines of their own`() throws {
        let outcome = try offstage("train", "--router", "\u{1B}c", "--data", "text.txt")
        #expect(outcome.code == 2)
        #expect(outcome.notes.contains("'?c'"))
        #expect(outcome.notes.contains("\n  - top-k\n"))
    }

    @Test func `a quoted command works as it stands`() throws {
        let file = "it's \\ \u{1B}[1m.gguf"
        try FileManager.default.copyItem(
            atPath: GoldenFiles.path("small-q8_0.gguf"), toPath: sample.folder.file(file))
        let packed = try offstage("pack", file)
        #expect(packed.notes.hasPrefix(#"Packed it's \ ?[1m.gguf into experts/it's \ ?[1m: "#))
        let command = try #require(packed.notes.firstMatch(of: /\n    offstage (run .*) "…"\n/)?.1)
        #expect(command == #"run $'it\'s \\ \x1b[1m'"#)
        let run = try offstage.shell("\"$offstage\" \(command) hi -n 1")
        #expect(run.code == 0, "\(run.notes)")
        #expect(try offstage("inspect", "it's \\ \u{1B}[1m").text.contains(#"(store experts/it's \ ?[1m)"#))
    }

    @Test func `domains and pieces of a vocabulary are shown so as well`() throws {
        try FileManager.default.createDirectory(atPath: sample.folder.file("data"), withIntermediateDirectories: true)
        for domain in ["plain.txt", "bold\u{1B}[1m.txt"] {
            try sample.folder.write(TrainingSample.text + "\u{9B}", to: "data/\(domain)")
        }
        let trained = try offstage(TrainingSample.command(steps: 1, every: 1) + ["--data", "data"])
        #expect(trained.code == 0, "\(trained.notes)")
        #expect(trained.notes.contains("bold?[1m"))
        #expect(!trained.notes.contains("\u{1B}"))
        let checkpoint = try #require(sample.checkpoints().last)
        let tokens = try offstage("tokenize", "run/\(checkpoint)", "a\u{9B}")
        #expect(tokens.text.contains(#""\u{9B}""#), "\(tokens.text)")
        #expect(!tokens.text.unicodeScalars.contains("\u{9B}"))
    }
}
