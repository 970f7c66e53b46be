import Foundation
import Testing

/// What of a text a vocabulary does not have is said once, with a count.
struct TextLossTests {
    private let sample = try! TrainingSample()
    private var offstage: OffstageCommand { sample.offstage }
    private let warning = #"Warning: 4 characters ("é", "東", "京") are not in the model's vocabulary and become <unk>"#

    /// Packs a model that knows only the characters of a few words.
    private func addModel() throws {
        let trained = try offstage(
            TrainingSample.command(steps: 1, every: 1) + ["--router", "top-k", "--tokenizer", "characters"])
        #expect(trained.code == 0, "\(trained.notes)")
        let packed = try offstage("pack", "run", "--name", "model")
        #expect(packed.code == 0, "\(packed.notes)")
        try sample.folder.write("the fox é é東京 saw", to: "foreign.txt")
    }

    @Test func `characters that are unknown are counted by every command that reads a text`() throws {
        try addModel()
        let text = try String(contentsOfFile: sample.folder.file("foreign.txt"), encoding: .utf8)
        for command in [
            ["run", "model", text, "-n", "1"], ["run", "model", "--prompt-file", "foreign.txt", "-n", "1"],
            ["score", "model", "--text", "foreign.txt"], ["tokenize", "model", text],
            ["tokenize", "model", "--text", "foreign.txt", "--json"],
            ["profile", "model", "--text", "foreign.txt", "--json"],
        ] {
            let outcome = try offstage(command)
            #expect(outcome.code == 0, "\(outcome.notes)")
            let lines = outcome.notes.split(separator: "\n").filter { $0.hasPrefix("Warning") }
            #expect(lines.map(String.init) == [warning], "\(command): \(outcome.notes)")
        }
    }

    @Test func `training says how much of its text a vocabulary does not have`() throws {
        try addModel()
        let exported = try offstage("export", "run", "--format", "hugging-face", "--out", "exported")
        #expect(exported.code == 0, "\(exported.notes)")
        try sample.folder.write(TrainingSample.text.replacing("fox", with: "é"), to: "text.txt")
        let command = TrainingSample.command(steps: 1, every: 1, out: "other") + ["--router", "top-k"]
        let trained = try offstage(command + ["--tokenizer", "exported/tokenizer.model"])
        #expect(trained.code == 0, "\(trained.notes)")
        #expect(trained.notes.contains(/Warning: .+ tokens to learn from are <unk>/), "\(trained.notes)")
        let own = try offstage(command + ["--tokenizer", "characters", "--out", "own"])
        #expect(own.code == 0 && !own.notes.contains("Warning"), "\(own.notes)")
    }

    @Test func `many lines are counted together, and only what is lost is told`() throws {
        try addModel()
        let lines = ["é", "fox", "東é京"].map { "\"\(Data($0.utf8).base64EncodedString())\"" }.joined(separator: ",")
        let outcome = try offstage("tokenize", "model", "--lines", "-", input: "[\(lines)]")
        #expect(outcome.notes == warning + "\n")
        #expect(try offstage("tokenize", "model", "the fox").notes.isEmpty)
        #expect(try offstage("tokenize", "model", "a!").notes.contains(#"1 character ("!") is not in the model's"#))
    }

    @Test func `bytes that are no text are counted`() throws {
        try sample.folder.addStore("small", from: SharedModels.small())
        let outcome = try offstage.shell(#"printf 'caf\xe9 \xff' | "$offstage" tokenize small"#)
        #expect(outcome.notes == "Warning: 2 bytes of the text are not UTF-8 and become U+FFFD\n")
        #expect(try offstage("tokenize", "small", "café").notes.isEmpty)
    }

    @Test func `a NUL is a character like any other`() throws {
        let folder = sample.folder
        try folder.addStore("small", from: SharedModels.small())
        let text = Array(TrainingSample.text.utf8)
        try Data(text[..<1000] + [0] + text[1000...]).write(to: URL(fileURLWithPath: folder.file("text.txt")))
        let tokens = try offstage.shell(#"printf 'a\0b' | "$offstage" tokenize small --no-bos"#)
        #expect(tokens.text == "261\t\" a\"\n3\t<0x00>\n287\t\"b\"\n")
        #expect(tokens.notes.isEmpty)
        for (vocabulary, out) in [("characters", "run1"), ("bytes", "run2"), ("270", "run3")] {
            let arguments = TrainingSample.command(steps: 1, every: 1, out: out) + ["--router", "top-k"]
            let more =
                vocabulary == "270" ? ["--tokenizer", "bpe", "--vocabulary", "270"] : ["--tokenizer", vocabulary]
            let trained = try offstage(arguments + more)
            #expect(trained.code == 0, "\(vocabulary): \(trained.notes)")
            #expect(try offstage("pack", out).code == 0)
        }
    }
}
