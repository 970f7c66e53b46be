import Foundation
import Testing

/// Recipes and texts that cannot be trained with are refused with one message, and the next try finds nothing in its way.
struct TrainRefusalTests {
    private let sample = try! TrainingSample()

    /// Runs a command that must fail.
    private func refusal(
        of arguments: [String], code: Int32 = 1, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> String {
        let outcome = try sample.offstage(arguments)
        #expect(outcome.code == code, "\(outcome.notes)", sourceLocation: sourceLocation)
        #expect(outcome.text.isEmpty, sourceLocation: sourceLocation)
        #expect(outcome.notes.hasPrefix("Error: "), "\(outcome.notes)", sourceLocation: sourceLocation)
        for clumsy in ["Domain=", "NSCocoa", "could not be completed", "(null)", "Optional(", "Index 0", "Foundation"] {
            #expect(!outcome.notes.contains(clumsy), "\(outcome.notes)", sourceLocation: sourceLocation)
        }
        return outcome.notes
    }

    private func expectTrainable(sourceLocation: SourceLocation = #_sourceLocation) throws {
        let outcome = try sample.offstage(TrainingSample.command(steps: 4))
        #expect(outcome.code == 0, "\(outcome.notes)", sourceLocation: sourceLocation)
    }

    @Test(
        arguments: [
            (#"{"layrs": 2}"#, "unknown field \"layrs\"; known are accumulate, adam_epsilon,"),
            (#"{"layers": "two"}"#, "\"layers\" is no Int"), (#"{"layers": 2.5}"#, "\"layers\""),
            (#"{"layers": true}"#, "\"layers\""), (#"{"layers": 1e30}"#, "\"layers\""),
            (#"{"layers": 18446744073709551616}"#, "\"layers\""), (#"{"seed": -1}"#, "\"seed\""),
            (#"{"rope_base": 1e300}"#, "\"rope_base\""), (#"{"data": "text.txt"}"#, "\"data\""),
            (#"{"router": {"name": "top-k", "flavour": 1}}"#, "unknown field \"flavour\"; known are allowed_groups,"),
            (#"{"router": {"name": "top-k", "experts": 4}}"#, "unknown field \"experts\""),
            (#"{"router": "best"}"#, "\"router.name\""), (#"{"router": 3}"#, "neither a name nor an object"),
            (#"{"router": {"bias_rate": "fast"}}"#, "\"router.bias_rate\""),
            (#"{"schedule": "step"}"#, "\"schedule\""), ("[1, 2]", "must hold one JSON object"),
            ("", "is not JSON"), ("{", "is not JSON"), ("layers: 2", "is not JSON"), ("\u{0}\u{1}\u{2}", "is not JSON"),
            (String(repeating: "[", count: 100_000), "bad.json"),
            (String(repeating: " ", count: 2 << 20), "a recipe has some hundred. Is it a recipe?"),
        ])
    func `a recipe that is none is refused`(text: String, message: String) throws {
        try sample.folder.write(text, to: "bad.json")
        let notes = try refusal(of: ["train", "bad.json", "--data", "text.txt", "--out", "run"])
        #expect(notes.contains(message) && notes.contains("bad.json"), "\(notes)")
        #expect(!sample.folder.has("run"))
    }

    @Test func `a recipe that is not there is answered with those there are`() throws {
        try FileManager.default.createDirectory(
            atPath: sample.folder.file("experts/recipes"), withIntermediateDirectories: true)
        try sample.folder.write("{}", to: "experts/recipes/mine.json")
        #expect(
            try refusal(of: ["train", "yours"])
                == "Error: There is no recipe \"yours\": neither a file of that name nor one in experts/recipes/, which "
                + "has mine\n")
        #expect(try refusal(of: ["train", "mine"]).contains("give a text file or a folder with --data"))
        #expect(try refusal(of: ["train", "experts"]).contains("the recipe experts cannot be read: Is a directory"))
        try Data([0xff, 0xfe, 0x00, 0x93]).write(to: URL(fileURLWithPath: sample.folder.file("binary.json")))
        #expect(try refusal(of: ["train", "binary.json"]).contains("binary.json is not JSON"))
    }

    @Test(
        arguments: [
            (["--top-k", "1"], "the router gets no gradient"),
            (["--heads", "3"], "hidden is 16, which 3 heads do not divide"),
            (["--heads", "2", "--kv-heads", "3"], "--kv-heads is 3; it must be from 1 to 2"),
            (["--head-dim", "5"], "rotary positions need an even"),
            (["--layers", "0"], "--layers is 0"),
            (["--layers", "9223372036854775807"], "--layers is 9223372036854775807"),
            (["--hidden", "1099511627776"], "--hidden is 1099511627776"),
            (["--context", "1099511627776"], "--context is 1099511627776"),
            (["--context", "1048576", "--batch", "1048576"], "batch × context is 1099511627776 tokens"),
            (["--batch", "-4"], "--batch is -4"), (["--steps", "0"], "--steps is 0"),
            (["--hidden", "65536", "--heads", "64", "--layers", "512"], "million parameters"),
            (["--experts", "0"], "--experts is 0"), (["--experts", "4", "--top-k", "5"], "--top-k is 5"),
            (["--learning-rate", "nan"], "--learning-rate is nan; it must be a finite number"),
            (["--weight-decay", "inf"], "--weight-decay is inf"), (["--balance", "nan"], "--balance is nan"),
            (["--domain-weights", "text=inf"], "text is inf"),
            (["--learning-rate", "-1"], "--learning-rate is -1.0; it must be 0.0 or more"),
            (["--clip", "inf"], "--clip is inf"), (["--beta2", "1"], "--beta2 is 1"),
            (["--validation-share", "1"], "--validation-share is 1"), (["--vocabulary", "2"], "--vocabulary is 2"),
            (["--tokenizer", "words"], "known are characters, bytes, bpe"),
            (["--router", "hash", "--balance", "0.1"], "which has no gate to learn"),
            (["--router", "base", "--capacity-factor", "1"], "leave it out"),
            (["--domain-weights", "text=-1"], "--domain-weights gives text -1"),
            (["--data", "toy"], "--data has toy beside files; the built-in corpus goes alone"),
            (["--name", "../elsewhere"], "--name is \"../elsewhere\""),
        ] as [([String], String)])
    func `numbers that cannot be are a wrong command line`(flags: [String], message: String) throws {
        let notes = try refusal(of: TrainingSample.command(steps: 4) + flags, code: 2)
        #expect(notes.contains(message) && notes.contains("offstage train --help"), "\(notes)")
        #expect(!sample.folder.has("run"))
        try sample.folder.write(#"{"seed": 7}"#, to: "good.json")
        let over = try refusal(
            of: ["train", "good.json"] + TrainingSample.command(steps: 4).dropFirst() + flags, code: 2)
        #expect(over.contains(message), "\(over)")
    }

    @Test(
        arguments: [
            (#"{"learning_rate": -1}"#, "bad.json: learning_rate is -1.0; it must be 0.0 or more"),
            (#"{"steps": 0, "heads": 3}"#, "bad.json: hidden is 128, which 3 heads do not divide"),
            (#"{"router": {"name": "hash", "balance": 0.1}}"#, "bad.json: "),
            (#"{"tokenizer": "words"}"#, "bad.json: tokenizer is \"words\""),
        ])
    func `numbers that cannot be in a recipe's file are named with it`(recipe: String, message: String) throws {
        try sample.folder.write(recipe, to: "bad.json")
        let notes = try refusal(of: ["train", "bad.json", "--data", "text.txt", "--out", "run"])
        #expect(notes.contains(message), "\(notes)")
        if !recipe.contains("router") {
            let compared = try refusal(of: ["compare", "bad.json", "--data", "text.txt", "--out", "run"])
            #expect(compared.contains(message), "\(compared)")
        }
    }

    @Test func `a comparison asks of a recipe only what its routers do`() throws {
        // As the only router top-k would get no gradient.
        let command = ["compare"] + TrainingSample.command(steps: 2, every: 2).dropFirst() + ["--seeds", "1"]
        let compared = try sample.offstage(command + ["--top-k", "1", "--routers", "hash,switch"])
        #expect(compared.code == 0, "\(compared.notes)")
        #expect(
            try refusal(of: command + ["--top-k", "1", "--routers", "top-k"], code: 2).contains("gets no gradient"))
    }

    @Test(
        arguments: [
            (["--hidden", "4096", "--heads", "32", "--layers", "4", "--batch", "65536", "--context", "64"], "memory"),
            (["--validation-share", "0.9999"], "text: has no tokens to train on"),
            (["--tokenizer", "nope.model"], "nope.model: No such file or directory"),
            (["--domain-weights", "verse=1"], "verse: has a weight but is no domain. The domains are text"),
            (["--data", "text.txt"], "makes a domain named text, as text.txt does"),
        ] as [([String], String)])
    func `what does not fit together is refused by name`(flags: [String], message: String) throws {
        let notes = try refusal(of: TrainingSample.command(steps: 4) + flags)
        #expect(notes.contains(message), "\(notes)")
        try expectTrainable()
    }

    @Test(
        arguments: [
            (["train"], "Give a RECIPE, or a text with --data"),
            (["train", "--data", "text.txt", "--out", ""], "--out"),
            (["train", "--data", ""], "--data has an empty path"),
            (["train", "--data", "text.txt", "--threads", "0"], "--threads wants 1 to 1024"),
            (["train", "--data", "text.txt", "--router", "best"], "'best'"),
            (["train", "--data", "text.txt", "--domain-weights", "text"], "'text' is invalid"),
            (["train", "--data", "text.txt", "--layers", "two"], "'two' is invalid"),
            (["train", "--data", "text.txt", "--seed", "-1"], "'-1' is invalid"),
            (["compare", "--data", "text.txt", "--learning-rate", "-1"], "--learning-rate is -1.0"),
            (["compare", "--data", "text.txt", "--routers", "best"], "\"best\" is no router"),
            (["compare", "--data", "text.txt", "--routers", "top-k:balance=-1"], "balance"),
            (["compare", "--data", "text.txt", "--routers", "top-k:size=1"], "unknown field \"size\""),
            (["compare", "--data", "text.txt", "--routers", "dense,dense"], "dense with seed 1 is there twice"),
            (["compare", "--data", "text.txt", "--seeds", "1,2,1"], "with seed 1 is there twice"),
            (["compare", "--data", "text.txt", "--seeds", "1,-2"], "'1,-2' is invalid"),
            (["synth", "x.gguf", "--top-k", "9"], "the number of experts per token is 9"),
            (["synth", "x.gguf", "--heads", "3"], "3 heads do not divide among 2"),
            (["synth", "x.gguf", "--vocab", "3"], "a vocabulary of 3"),
            (["synth", "x.gguf", "--hidden", "40", "--head-dim", "8"], "rows of 40 do not divide"),
        ] as [([String], String)])
    func `a wrong command line is answered with 2`(arguments: [String], message: String) throws {
        #expect(try refusal(of: arguments, code: 2).contains(message))
    }

    @Test func `texts that nothing can be learned from are refused by name`() throws {
        let folder = sample.folder
        try FileManager.default.createDirectory(atPath: folder.file("none"), withIntermediateDirectories: true)
        try folder.write("", to: "empty.txt")
        try folder.write("a", to: "single.txt")
        try folder.write(String(repeating: "a", count: 900), to: "one.txt")
        try folder.write("ab\ncd", to: "short.txt")
        try Data([0, 1, 2, 255, 254, 0, 7]).write(to: URL(fileURLWithPath: folder.file("binary.txt")))
        try Data((0..<999).map { $0 % 7 == 0 ? 200 : 65 }).write(to: URL(fileURLWithPath: folder.file("latin.txt")))
        let messages = [
            ("missing.txt", "missing.txt: there is no such file or folder"), ("empty.txt", "empty.txt: is empty"),
            ("single.txt", "single: has \"a\" and nothing else"), ("one.txt", "one: has \"a\" and nothing else"),
            ("short.txt", "tokens to train on, where a context of 16 needs 17"),
            ("binary.txt", "binary.txt: is not text in UTF-8"), ("latin.txt", "latin.txt: is not text in UTF-8"),
            ("none", "none: has no text files in it"), ("/dev/null", "/dev/null: is not a regular file"),
        ]
        for (name, message) in messages {
            let notes = try refusal(of: TrainingSample.command().map { $0 == "text.txt" ? name : $0 })
            #expect(notes.contains(message), "\(name): \(notes)")
        }
        try expectTrainable()
    }

    @Test func `a run that lies in its own texts is refused`() throws {
        let folder = sample.folder
        try FileManager.default.createDirectory(atPath: folder.file("texts"), withIntermediateDirectories: true)
        try folder.write(TrainingSample.text, to: "texts/a.txt")
        let command = TrainingSample.command(steps: 4, out: "texts/run").map { $0 == "text.txt" ? "texts" : $0 }
        #expect(try refusal(of: command).contains("lies within texts, which is read; choose another folder with --out"))
        #expect(!folder.has("texts/run"))
    }

    @Test func `a place where no run can be is named`() throws {
        #expect(try refusal(of: TrainingSample.command(out: "text.txt")).contains("text.txt"))
        #expect(try refusal(of: TrainingSample.command(out: "text.txt/run")).contains("text.txt/run"))
        #expect(try refusal(of: TrainingSample.command(out: "/proc/run")).contains("/proc/run"))
    }
}
