import Foundation
import Profiling
import Tensors
import Testing

/// Pack, inspect, run, score, tokenize.
struct JourneyTests {
    private let folder = try! TemporaryFolder()
    private var offstage: OffstageCommand { OffstageCommand(folder: folder) }

    @Test(
        arguments: [
            ("small-f32.gguf", "f32"), ("small-bf16.gguf", "bf16"), ("small-q4_0-mixed.gguf", "q4_0"),
            ("small-q8_0-old-layout.gguf", "q8_0"), ("wide-q4_0-mixed.gguf", "q4_0"), ("odd", "f32"),
            ("window", "bf16"), ("tied", "f16"),
        ])
    func `a model is packed, looked at, run, scored and tokenized`(source: String, format: String) throws {
        let packed = try offstage("pack", GoldenFiles.path(source), "--name", "model", "--json")
        #expect(packed.code == 0, "\(packed.notes)")
        #expect(try packed.json(Packed.self).path == "experts/model")
        #expect(packed.text.split(separator: "\n").count == 1)
        #expect(packed.notes.contains("offstage run model"))

        let summary = try offstage("inspect", "model", "--json").json(Summary.self)
        #expect(summary.kind == "store")
        #expect(Set(summary.expertFormats.keys) == [format])
        #expect(
            try offstage("inspect", GoldenFiles.path(source), "--json").json(Summary.self).expertFormats
                == summary.expertFormats)

        let run = try offstage("run", "model", "Once upon a time", "-n", "6", "--json", "--ignore-eos")
        #expect(run.code == 0, "\(run.notes)")
        #expect(try run.json(Statistics.self).generatedTokens == 6)
        #expect(run.notes.hasPrefix("prompt "))
        #expect(run.notes.split(separator: "\n").count == 1)

        let tokens = try offstage("tokenize", "model", "Once upon a time", "--json").json(Tokens.self)
        #expect(tokens.text.hasSuffix("Once upon a time"))
        let score = try offstage("score", "model", "--text", "-", "--json", input: "Once upon a time").json(Scores.self)
        #expect(score.tokens == tokens.tokens)
        #expect(score.logprobs.count == tokens.tokens.count)
        #expect(score.logprobs.first == .some(nil))
        #expect(score.logprobs.dropFirst().allSatisfy { $0 ?? 1 < 0 })
    }

    @Test(arguments: [("q8_0", "q8_0", "q8_0"), ("q4_0", "bf16", "bf16"), ("bf16", "f32", "f32")])
    func `float weights are turned into another format while they are packed`(
        experts: String, dense: String, found: String
    ) throws {
        let source = GoldenFiles.path("small-f32.gguf")
        let packed = try offstage("pack", source, "--name", "model", "--quantize", experts, "--quantize-dense", dense)
        #expect(packed.code == 0, "\(packed.notes)")
        let summary = try offstage("inspect", "model", "--json").json(Summary.self)
        #expect(Set(summary.expertFormats.keys) == [experts])
        #expect(Set(summary.denseFormats.keys).subtracting(["f32"]) == Set([found]).subtracting(["f32"]))
    }

    @Test func `where rows do not divide into 256, another format stands in, and that is said once`() throws {
        let source = GoldenFiles.path("small-f32.gguf")
        let packed = try offstage(
            "pack", source, "--name", "model", "--quantize", "Q4_K", "--quantize-dense", "q6_k")
        #expect(packed.code == 0, "\(packed.notes)")
        let warnings = packed.notes.split(separator: "\n").filter { $0.hasPrefix("Warning: ") }
        #expect(
            warnings == [
                "Warning: rows do not divide into q6_K blocks of 256, so these become q8_0:"
                    + " token_embedding, query, key, value, attention_output, output",
                "Warning: rows do not divide into q4_K blocks of 256, so these become q5_0:"
                    + " expert_gate, expert_up, expert_down",
            ])
        let summary = try offstage("inspect", "model", "--json").json(Summary.self)
        #expect(Set(summary.expertFormats.keys) == ["q5_0"])
        #expect(Set(summary.denseFormats.keys) == ["q8_0", "f32"])
        let run = try offstage("run", "model", "Once upon a time", "-n", "3", "--ram", "min")
        #expect(run.code == 0, "\(run.notes)")
    }

    @Test func `a mix gives experts of different layers different formats, at every budget with the same bits`() throws
    {
        let source = GoldenFiles.path("small-f32.gguf")
        let packed = try offstage("pack", source, "--name", "model", "--quantize", "Q4_K_M", "--quantize-dense", "bf16")
        #expect(packed.code == 0, "\(packed.notes)")
        let summary = try offstage("inspect", "model", "--json").json(Summary.self)
        #expect(summary.expertFormats == ["q5_0": 40, "q8_0": 8])
        #expect(Set(summary.denseFormats.keys) == ["bf16", "f32"])
        let scores = try ["min", "50%", "100%"].map { budget in
            let score = try offstage("score", "model", "--text", "-", "--json", "--ram", budget, input: "Once upon")
            #expect(score.code == 0, "\(score.notes)")
            return try score.json(Scores.self).logprobs
        }
        #expect(scores[0] == scores[2] && scores[1] == scores[2])
    }

    @Test func `rows that divide into no blocks become f16 in a mix, and that is said`() throws {
        let packed = try offstage("pack", GoldenFiles.path("odd"), "--name", "model", "--quantize", "q5_k_s")
        #expect(packed.code == 0, "\(packed.notes)")
        #expect(
            packed.notes.contains("rows do not divide into q5_K blocks of 256, so these become f16: token_embedding"))
        let summary = try offstage("inspect", "model", "--json").json(Summary.self)
        #expect(Set(summary.expertFormats.keys) == ["f16"])
    }

    @Test func `a token visits as many experts as somebody asked for, and that is said`() throws {
        let model = try SharedModels.small()
        let plain = try offstage("score", model, "--text", "-", "--json", input: "Once upon a time")
        let one = ["--experts-per-token", "1"]
        let score = try offstage(
            ["score", model, "--text", "-", "--json", "--trace", "trace.jsonl"] + one, input: "Once upon a time")
        #expect(score.code == 0, "\(score.notes)")
        #expect(score.notes.hasPrefix("Warning: a token visits 1 expert in a layer, as --experts-per-token says"))
        #expect(try score.json(Scores.self).perplexity != plain.json(Scores.self).perplexity)
        let trace = try RoutingTrace(contentsOf: folder.file("trace.jsonl"))
        #expect(trace.header.topK == 1 && trace.entries.allSatisfy { $0.experts.count == 1 })
        let run = try offstage(["run", model, "Once", "-n", "4", "--ignore-eos", "--ram", "min"] + one)
        #expect(run.code == 0 && run.notes.contains("its output is not the model's own"), "\(run.notes)")
        try folder.write("Once upon a time there was a fox.", to: "text.txt")
        let profile = try offstage(["profile", model, "--text", "text.txt", "--json"] + one)
        #expect(profile.code == 0 && profile.text.contains("a token visits 1 expert in"), "\(profile.notes)")
        for (number, code) in [("0", 2), ("9", 1)] {
            let refused = try offstage("run", model, "Once", "--experts-per-token", number)
            #expect(refused.code == Int32(code) && refused.notes.contains("--experts-per-token"), "\(refused.notes)")
        }
        #expect(try offstage(["profile", "--trace", "trace.jsonl"] + one).code == 2)
    }

    @Test func `both layouts of a GGUF give the same text and numbers`() throws {
        for (file, name) in [("small-q8_0.gguf", "new"), ("small-q8_0-old-layout.gguf", "old")] {
            #expect(try offstage("pack", GoldenFiles.path(file), "--name", name).code == 0)
        }
        let ids = "[1, 5, 9, 200, 33, 17, 4, 250]"
        let scores = try ["new", "old"].map {
            try offstage("score", $0, "--ids", "-", "--json", input: ids).json(Scores.self).logprobs
        }
        #expect(scores[0] == scores[1])
    }

    @Test func `the text goes to standard output and the numbers to the file asked for`() throws {
        let model = try SharedModels.small()
        let run = try offstage("run", model, "Once", "-n", "5", "--stats", "stats.json", "--trace", "trace.jsonl")
        #expect(run.code == 0, "\(run.notes)")
        #expect(run.text.hasSuffix("\n") && !run.text.contains("{"))
        let data = try Data(contentsOf: URL(fileURLWithPath: folder.file("stats.json")))
        let statistics = try JSONDecoder.snakeCase.decode(Statistics.self, from: data)
        #expect(statistics.generatedTokens == 5)
        #expect(statistics.ending == "length")
        #expect(statistics.peakMemoryBytes > 0 && statistics.peakMemoryBytes <= statistics.ramBudgetBytes)

        let trace = try RoutingTrace(contentsOf: folder.file("trace.jsonl"))
        let passed = statistics.promptTokens + statistics.generatedTokens - 1
        #expect(trace.entries.count == passed * trace.header.layers)
        #expect(
            trace.entries.filter { $0.phase == .decode }.count == (statistics.generatedTokens - 1) * trace.header.layers
        )
    }

    @Test func `scoring a text leaves a trace as well`() throws {
        let score = try offstage(
            "score", SharedModels.small(), "--ids", "-", "--json", "--trace", "trace.jsonl", "--prompt-chunk", "3",
            input: "[1, 7, 8, 9, 10]")
        #expect(score.code == 0, "\(score.notes)")
        let trace = try RoutingTrace(contentsOf: folder.file("trace.jsonl"))
        #expect(trace.entries.count == 5 * trace.header.layers)
        #expect(Set(trace.entries.map(\.id)) == [1, 7, 8, 9, 10])
    }

    @Test func `the prompt may come from a file or from standard input`() throws {
        let model = try SharedModels.small()
        try folder.write("Once upon", to: "prompt.txt")
        let texts = [
            try offstage("run", model, "Once upon", "-n", "4").text,
            try offstage("run", model, "--prompt-file", "prompt.txt", "-n", "4").text,
            try offstage("run", model, "-n", "4", input: "Once upon").text,
        ]
        #expect(Set(texts).count == 1)
    }

    @Test func `a text of no tokens is a newline`() throws {
        let run = try offstage("run", SharedModels.small(), "Once", "-n", "0", "--json")
        #expect(run.code == 0)
        #expect(run.text.hasPrefix("\n{"))
        #expect(try run.json(Statistics.self).generatedTokens == 0)
    }

    @Test func `an empty prompt begins with the model's beginning token`() throws {
        let run = try offstage("run", SharedModels.small(), "", "-n", "3", "--json", "--ignore-eos")
        #expect(run.code == 0, "\(run.notes)")
        #expect(try run.json(Statistics.self).promptTokens == 1)
    }

    @Test func `a stop string ends the text and is not printed`() throws {
        let model = try SharedModels.small()
        let whole = try offstage("run", model, "Once upon", "-n", "40", "--ignore-eos").text.dropLast()
        let stop = String(try #require(whole.dropFirst(5).first { $0.isASCII && $0.isLetter }))
        let run = try offstage(
            "run", model, "Once upon", "-n", "40", "--ignore-eos", "--stop", "never", "--stop", stop, "--json")
        #expect(try run.json(Statistics.self).ending == "stop_string")
        #expect(
            run.text.split(separator: "\n").first.map(String.init) ?? "" == String(whole.prefix { String($0) != stop }))
    }

    @Test func `a text ends where the room for positions ends`() throws {
        let run = try offstage("run", SharedModels.small(), "a", "-n", "50", "--context", "8", "--ignore-eos", "--json")
        let statistics = try run.json(Statistics.self)
        #expect(statistics.ending == "context")
        #expect(statistics.promptTokens + statistics.generatedTokens == 9)
    }

    @Test func `the same seed gives the same text`() throws {
        let model = try SharedModels.small()
        let texts = try ["1", "1", "2"].map { seed in
            try offstage(
                "run", model, "Once", "-n", "20", "--temp", "1", "--top-k", "50", "--seed", seed, "--ignore-eos"
            ).text
        }
        #expect(texts[0] == texts[1])
        #expect(texts[0] != texts[2])
    }

    @Test func `help names every command, and every command its defaults`() throws {
        let help = try offstage("--help")
        #expect(help.text.contains("\n  offstage profile "))
        #expect(help.code == 0 && help.notes.isEmpty)
        for command in ["pack", "run", "score", "tokenize", "inspect", "synth"] {
            #expect(help.text.contains("  \(command) "))
            let own = try offstage(command, "--help")
            #expect(own.code == 0 && own.text.contains("USAGE: offstage \(command)") && own.text.contains("default"))
        }
        #expect(try offstage("--version").text == "0.1.0\n")
    }

    @Test func `a core type below the processor is warned of when f32 weights go through BLAS`() throws {
        #expect(try offstage("pack", GoldenFiles.path("small-f32.gguf"), "--name", "f32").code == 0)
        let ids = "[\((1...40).map(String.init).joined(separator: ", "))]"
        let isSlow =
            WeightMatrix.multipliesWithBLAS(tokens: 40)
            && CPU.blasWarning(coreType: "Prescott", level: CPU.bestLevel) != nil
        for (model, warns) in [("f32", isSlow), (try SharedModels.small(), false)] {
            let score = try offstage(
                "score", model, "--ids", "-", input: ids, environment: ["OPENBLAS_CORETYPE": "Prescott"])
            #expect(score.code == 0)
            #expect(score.notes.contains("Warning: OPENBLAS_CORETYPE=Prescott") == warns)
        }
    }
}
