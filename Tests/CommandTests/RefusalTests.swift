import Foundation
import Testing

/// What cannot be done is refused with one message that says what was tried, what was found and what to do.
struct RefusalTests {
    private let folder = try! TemporaryFolder()
    private var offstage: OffstageCommand { OffstageCommand(folder: folder) }

    /// Runs a command that must fail, in a folder where the small model is `experts/small`.
    private func refusal(
        of arguments: [String], input: String = "", code: Int32 = 1, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> String {
        if !folder.has("experts") { try folder.addStore("small", from: SharedModels.small()) }
        let outcome = try offstage(arguments, input: input)
        #expect(outcome.code == code, "\(outcome.notes)", sourceLocation: sourceLocation)
        #expect(outcome.text.isEmpty, sourceLocation: sourceLocation)
        #expect(outcome.notes.hasPrefix("Error: "), "\(outcome.notes)", sourceLocation: sourceLocation)
        #expect(
            outcome.notes.components(separatedBy: "Error").count == 2, "\(outcome.notes)",
            sourceLocation: sourceLocation)
        for clumsy in ["Domain=", "NSCocoa", "could not be completed", "..", "(null)", "Optional("] {
            #expect(!outcome.notes.contains(clumsy), "\(outcome.notes)", sourceLocation: sourceLocation)
        }
        return outcome.notes
    }

    @Test func `a text of which nothing can be scored is refused`() throws {
        let empty = try refusal(of: ["score", "small", "--text", "-"])
        #expect(empty == "Error: there is nothing to score: standard input is empty\n")
        for (ids, found) in [("[]", "no tokens"), ("[5]", "one token, which has none before it")] {
            let notes = try refusal(of: ["score", "small", "--ids", "-"], input: ids)
            #expect(notes == "Error: there is nothing to score: standard input holds \(found)\n")
        }
    }

    @Test func `a page that cannot be written is refused before anything is measured`() throws {
        let plan = ["plan", "--shape", "64x64x2:1:f32", "--html"]
        #expect(try refusal(of: plan + ["none/page.html"]).contains("could not write the page to none/page.html: "))
        #expect(try refusal(of: plan + [""], code: 2).contains("--html is empty"))
    }

    @Test(
        arguments: [
            (["-n", "-5"], "-n wants 0 to 1073741824, not -5"),
            (["-n", "many"], "'many' is invalid for '-n"),
            (["-n", "99999999999999999999"], "is invalid for '-n"),
            (["--temp", "-1"], "--temp wants 0 or more, not -1.0"),
            (["--temp", "nan"], "--temp wants 0 or more, not nan"),
            (["--top-k", "-1"], "--top-k wants 0 or more, not -1"),
            (["--top-p", "0"], "--top-p wants more than 0 and at most 1, not 0.0"),
            (["--min-p", "2"], "--min-p wants 0 to 1, not 2.0"),
            (["--repeat-penalty", "0"], "--repeat-penalty wants more than 0, not 0.0"),
            (["--seed", "-1"], "'-1' is invalid for '--seed"),
            (["--ram", "0"], "'0' is invalid for '--ram"),
            (["--ram", "-5G"], "'-5G' is invalid for '--ram"),
            (["--ram", "200%"], "'200%' is invalid for '--ram"),
            (["--ram", "lots"], "6G, 800M; 25% of the experts; min; auto"),
            (["--threads", "0"], "--threads wants 1 to 1024, not 0"),
            (["--threads", "100000"], "--threads wants 1 to 1024, not 100000"),
            (["--context", "0"], "--context wants 1 to 1073741824, not 0"),
            (["--context", "1000000000000"], "--context wants 1 to 1073741824, not 1000000000000"),
            (["--prompt-chunk", "0"], "--prompt-chunk wants 1 or more, not 0"),
            (["--policy", "best"], "one of 'decay' and 'lru'"),
            (["--prefetch", "maybe"], "one of 'on' and 'off'"),
            (["--prompt-file", "x"], "give the prompt as an argument or with --prompt-file, not both"),
            (["--system", "x"], "--system needs --chat"),
            (["--fast"], "Unknown option '--fast'"),
        ] as [([String], String)])
    func `a wrong command line is answered with 2`(flags: [String], message: String) throws {
        let notes = try refusal(of: ["run", "small", "hi"] + flags, code: 2)
        #expect(notes.contains(message))
        #expect(notes.contains("offstage run --help"))
    }

    @Test(
        arguments: [
            (["pack", ""], "SOURCE is empty"), (["pack", "/"], "give one with --name"),
            (["pack", "x", "--name", "a/b"], "--out takes a path"),
            (["pack", "x", "--name", ".x"], "--name wants a plain name"),
            (["pack", "x", "--name", "a", "--out", "b"], "not both"),
            (["pack", "x", "--quantize", "q2"], "- q6_K\n"),
            (["pack", "x", "--quantize-dense", "q4_k_l"], "- q5_K_S\n"),
            (["pack"], "'<source>'"),
            (["score", "small"], "--text FILE or --ids FILE"),
            (["tokenize", "small", "a", "--text", "b"], "only one of them"),
            (["run", ""], "MODEL is empty"), (["inspect", "small", "--context", "-3"], "not -3"),
            (["synth", "x.gguf", "--layers", "0"], "--layers wants 1 to"), (["dance"], "'dance'"),
        ] as [([String], String)])
    func `other commands answer a wrong command line with 2 as well`(arguments: [String], message: String) throws {
        #expect(try refusal(of: arguments, code: 2).contains(message))
    }

    @Test(arguments: ["run", "score", "inspect", "tokenize"])
    func `an unknown model is answered with those there are`(command: String) throws {
        let notes = try refusal(of: [command, "nope"] + (command == "score" ? ["--text", "-"] : []))
        #expect(
            notes
                == "Error: there is no model nope: neither experts/nope nor the path nope exists. Packed in experts: small.\n"
        )
    }

    @Test func `a budget that is too small is answered with one that works`() throws {
        let notes = try refusal(of: ["run", "small", "hi", "-n", "5", "--ram", "1M"])
        let found = try #require(notes.firstMatch(of: /Give --ram (\d+M) or more/))
        let run = try offstage("run", "small", "hi", "-n", "5", "--ram", String(found.1), "--json")
        #expect(run.code == 0, "\(run.notes)")
        let statistics = try run.json(Statistics.self)
        #expect(statistics.peakMemoryBytes <= statistics.ramBudgetBytes)
    }

    @Test func `a budget that reading the weights outside the experts would exceed is refused`() throws {
        // 8 MiB of staging for 9 MiB of dense weights, beside which a pass and one expert are nothing.
        let synth = try offstage(
            "synth", "dense.gguf", "--hidden", "256", "--intermediate", "32", "--heads", "4", "--layers", "1",
            "--experts", "2", "--vocab", "32000")
        #expect(synth.code == 0, "\(synth.notes)")
        #expect(try offstage("pack", "dense.gguf").code == 0)
        func least(_ notes: String) throws -> Int {
            let found = try #require(notes.firstMatch(of: /Give --ram (\d+)M or more/))
            return try #require(Int(found.1))
        }
        let smallest = try least(refusal(of: ["run", "dense", "hi", "-n", "2", "--ram", "1M"]))
        // The number has up to 1.5 MiB to spare.
        let notes = try refusal(of: ["run", "dense", "hi", "-n", "2", "--ram", "\(smallest - 3)M"])
        #expect(try abs(least(notes) - smallest) <= 1)
        let run = try offstage("run", "dense", "hi", "-n", "2", "--ram", "\(smallest)M", "--json")
        let statistics = try run.json(Statistics.self)
        #expect(statistics.peakMemoryBytes <= statistics.ramBudgetBytes)
    }

    @Test func `a context that no machine has room for is answered with its size`() throws {
        let notes = try refusal(of: ["run", "small", "hi", "--context", "1073741824"])
        #expect(notes.contains("key/value cache 512 GiB"))
        #expect(notes.contains("a smaller --context"))
    }

    @Test func `a prompt longer than the context is refused`() throws {
        let notes = try refusal(of: ["run", "small", "a long prompt of many tokens", "--context", "4"])
        #expect(notes.contains("there is room for 4 positions; ask for more with --context"))
    }

    @Test func `texts that cannot be read are named`() throws {
        #expect(
            try refusal(of: ["run", "small", "--prompt-file", "nope.txt"])
                == "Error: could not read nope.txt: No such file or directory\n")
        #expect(
            try refusal(of: ["score", "small", "--text", "experts"])
                == "Error: could not read experts: Is a directory\n")
    }

    @Test func `numbers that could not be written are known before the run`() throws {
        for (flag, path) in [
            ("--stats", "nope/x"), ("--stats", "experts"), ("--trace", "nope/x"), ("--trace", "experts"),
        ] {
            #expect(try refusal(of: ["run", "small", "hi", flag, path]).contains(path))
        }
    }

    @Test(arguments: [
        ("[1, 320]", "token id 320; this model's ids are 0 to 319"), ("[-1]", "token id -1"), ("{}", "JSON array"),
        ("[]", "nothing"),
    ])
    func `ids that the model has not are refused`(ids: String, message: String) throws {
        #expect(try refusal(of: ["score", "small", "--ids", "-"], input: ids).contains(message))
    }

    @Test func `a model without a chat template cannot chat`() throws {
        #expect(try refusal(of: ["run", "small", "hi", "--chat"]).contains("give the prompt as plain text instead"))
    }

    @Test func `a store is not packed over without being asked to`() throws {
        let source = GoldenFiles.path("small-q8_0.gguf")
        let notes = try refusal(of: ["pack", source, "--name", "small"])
        #expect(notes.contains("is a complete store; use it, or pack with --force to replace it"))
        #expect(try offstage("pack", source, "--name", "small", "--force").code == 0)
        #expect(try offstage("run", "small", "hi", "-n", "2").code == 0)
    }

    @Test func `a folder that is no store is never replaced`() throws {
        try FileManager.default.createDirectory(atPath: folder.file("thesis"), withIntermediateDirectories: true)
        try folder.write("chapter 1", to: "thesis/text")
        for flags in [[], ["--force"]] {
            let notes = try refusal(of: ["pack", GoldenFiles.path("small-q8_0.gguf"), "--out", "thesis"] + flags)
            #expect(notes.contains("choose another name, or remove it yourself"))
        }
        #expect(folder.has("thesis/text"))
    }

    @Test func `what is quantized is not quantized again`() throws {
        let notes = try refusal(of: [
            "pack", GoldenFiles.path("small-q8_0.gguf"), "--quantize", "q4_0", "--name", "other",
        ])
        #expect(notes.contains("would lose more as q4_0; pack it without --quantize, or from a float model"))
        let mixed = try refusal(of: [
            "pack", GoldenFiles.path("many-formats.gguf"), "--quantize", "q4_k_m", "--name", "other",
        ])
        #expect(mixed.contains("blk.0.ffn_gate_exps.weight is q2_K already and would lose more as q4_K; pack it"))
        #expect(
            try refusal(of: ["pack", GoldenFiles.path("odd"), "--quantize", "q8_0"]).contains(
                "choose a format without blocks"))
    }

    @Test func `a place where no folder can be made is named`() throws {
        try folder.write("", to: "file")
        let notes = try refusal(of: ["pack", GoldenFiles.path("small-q8_0.gguf"), "--experts-dir", "file"])
        #expect(notes == "Error: file/small-q8_0: the folder cannot be made: Not a directory; choose another place\n")
    }

    @Test func `a disk that is full is said to be, and packing goes on when there is room`() throws {
        let pack = "\"$offstage\" pack \(GoldenFiles.path("small-f32.gguf")) --name big"
        for _ in 0..<2 {
            let limited = try offstage.shell("ulimit -f 200; \(pack)")
            #expect(limited.code == 1)
            #expect(
                limited.notes.contains("the disk is full")
                    && limited.notes.contains("run the same command again to go on"), "\(limited.notes)")
        }
        #expect(try offstage.shell(pack).code == 0)
        #expect(try offstage("run", "big", "hi", "-n", "2").code == 0)
    }
}
