import Foundation
import Testing

/// plan, and run with a strategy.
struct PlanTests {
    private let folder = try! TemporaryFolder()
    private var offstage: OffstageCommand { OffstageCommand(folder: folder) }

    private struct Answer: Decodable {
        struct Load: Decodable {
            struct Strategy: Decodable {
                let name: String
                let predictedSeconds, measuredSeconds: Double?
            }

            let tokens: Int
            let imbalance: Double
            let chosen: String
            let strategies: [Strategy]
        }

        let shapes: [String]
        let choosingSeconds: Double
        let loads: [Load]
    }

    @Test func `a model's layers are explained, one line each`() throws {
        _ = try offstage("pack", GoldenFiles.path("small-q8_0.gguf"), "--name", "model")
        let plan = try offstage("plan", "model", "--explain", "--tokens", "24", "--threads", "2")
        #expect(plan.code == 0, "\(plan.notes)")
        let lines = plan.text.split(separator: "\n").filter { $0.hasPrefix("layer ") }
        let answer = try offstage("plan", "model", "--tokens", "24", "--threads", "2", "--json").json(Answer.self)
        #expect(lines.count == answer.loads.count / 2)
        for (layer, line) in lines.enumerated() {
            #expect(line.hasPrefix("layer \(layer), 24 tokens, imbalance "))
            #expect(line.contains("predicted") && line.contains("measured") && line.contains("; then 1 token"))
        }
        for load in answer.loads {
            #expect(load.strategies.map(\.name) == ["rows", "tiles", "experts", "tokens"])
            #expect(load.strategies.allSatisfy { $0.predictedSeconds ?? 0 > 0 && $0.measuredSeconds ?? 0 > 0 })
            let best = load.strategies.min { $0.measuredSeconds! < $1.measuredSeconds! }
            #expect(load.chosen == best?.name)
        }
        #expect(FileManager.default.fileExists(atPath: folder.file("cache/offstage/plan-2.json")))
    }

    @Test func `loads of a shape are swept`() throws {
        let shape = "64x96x4:2:q8_0"
        let answer = try offstage("plan", "--shape", shape, "--sweep", "--tokens", "8", "--threads", "2", "--json")
            .json(Answer.self)
        #expect(answer.loads.map(\.tokens) == [1, 2, 4, 8].flatMap { Array(repeating: $0, count: 4) })
        #expect(answer.shapes.count == 1 && answer.choosingSeconds > 0)
    }

    @Test func `a recorded run is replayed on ranks, with a link and without`() throws {
        struct Ranks: Decodable {
            struct Placement: Decodable {
                let placement: String
                let meanImbalance, p95Imbalance, worstImbalance, movedExperts: Double
            }
            struct Way: Decodable {
                let way: String
                let seconds, computingSeconds, exchangeSeconds, degree: Double
            }

            let ranks, layers, stretches: Int
            let placements: [Placement]
            let ways: [Way]
            let chosen: String?
        }
        let run = try offstage(
            "run", SharedModels.small(), "Once", "-n", "30", "--ignore-eos", "--trace", "routes.jsonl")
        #expect(run.code == 0, "\(run.notes)")
        let replay = ["plan", "--replay", "routes.jsonl", "--ranks", "3"]
        let plain = try offstage(replay + ["--json"]).json(Ranks.self)
        #expect(plain.ranks == 3 && plain.stretches >= 8 && plain.ways.isEmpty && plain.chosen == nil)
        #expect(plain.placements.map(\.placement) == ["consecutive", "greedy", "replicated", "exact"])
        #expect(plain.placements.allSatisfy { 1 <= $0.meanImbalance && $0.meanImbalance <= $0.worstImbalance })
        let linked = replay + ["--link", "1Gb,50us", "--shape", "64x96x4:2:q8_0", "--threads", "2"]
        let answer = try offstage(linked + ["--json"]).json(Ranks.self)
        #expect(answer.ways.map(\.way) == ["outputs", "tokens", "weights", "slices"])
        #expect(answer.ways.allSatisfy { $0.computingSeconds > 0 && $0.exchangeSeconds > 50e-6 && $0.degree >= 1 })
        #expect(answer.chosen == answer.ways.min { $0.seconds < $1.seconds }?.way)
        let text = try offstage(linked).text
        #expect(text.contains("  consecutive: ") && text.contains("link 1Gb,50us") && text.contains("(fastest)"))
    }

    @Test func `layers are planned on ranks, of a model and of a shape`() throws {
        struct Answer: Decodable {
            struct Line: Decodable {
                struct Way: Decodable {
                    let way: String
                    let seconds, computingSeconds, exchangeSeconds: Double
                }

                let layer: Int?
                let tokens: Int
                let imbalance, aloneSeconds: Double
                let ways: [Way]
            }

            let ranks: Int
            let link: String
            let layers: [Line]
        }
        _ = try offstage("pack", GoldenFiles.path("small-q4_0.gguf"), "--name", "model")
        let plan = [
            "plan", "model", "--ranks", "4", "--link", "1Gb,50us", "--explain", "--tokens", "24", "--threads", "2",
        ]
        let answer = try offstage(plan + ["--json"]).json(Answer.self)
        #expect(answer.ranks == 4 && answer.link == "1Gb,50us")
        #expect(Set(answer.layers.map(\.tokens)) == [1, 24] && answer.layers[0].layer == 0)
        for line in answer.layers {
            // One token cannot be split between ranks.
            let ways: Set = line.tokens == 1 ? ["outputs", "slices"] : ["outputs", "tokens", "weights", "slices"]
            #expect(Set(line.ways.map(\.way)) == ways)
            #expect(line.imbalance >= 1 && line.aloneSeconds > 0)
            #expect(line.ways.allSatisfy { $0.seconds > 0 && $0.computingSeconds > 0 })
            #expect(line.ways.map(\.seconds) == line.ways.map(\.seconds).sorted())
        }
        let text = try offstage(plan).text
        #expect(text.contains("layer 0, 24 tokens, busiest rank ") && text.contains(", predicted "), "\(text)")
        #expect(text.contains("all layers, 1 token: predicted "), "\(text)")
        // A slow link makes exchanging long and computing as long as before.
        let shape = ["plan", "--shape", "64x96x4:2:q8_0", "--ranks", "2", "--tokens", "64", "--threads", "2", "--json"]
        let (slow, fast) = (
            try offstage(shape + ["--link", "1Mb,1ms"]).json(Answer.self),
            try offstage(shape + ["--link", "1Tb,1us"]).json(Answer.self)
        )
        #expect(slow.layers.count == 5 && slow.layers.allSatisfy { $0.layer == nil })
        for (slow, fast) in zip(slow.layers, fast.layers) {
            #expect(slow.ways.map(\.exchangeSeconds).min()! > 100 * fast.ways.map(\.exchangeSeconds).max()!)
        }
        // One rank has nobody to exchange with.
        let alone = try offstage("plan", "--shape", "64x96x4:2:q8_0", "--ranks", "1", "--link", "1Gb,50us", "--json")
            .json(Answer.self)
        #expect(alone.layers.allSatisfy { $0.imbalance == 1 })
    }

    @Test func `every strategy writes the same text, and the numbers say which it was`() throws {
        _ = try offstage("pack", GoldenFiles.path("small-q4_0.gguf"), "--name", "model")
        var texts = Set<String>()
        for strategy in ["rows", "experts", "groups:2", "tiles", "tokens", "AUTO"] {
            let run = try offstage(
                "run", "model", "Once", "-n", "12", "--ignore-eos", "--threads", "3", "--strategy", strategy, "--stats",
                "numbers.json")
            #expect(run.code == 0, "\(run.notes)")
            texts.insert(run.text)
            let numbers = try String(contentsOfFile: folder.file("numbers.json"), encoding: .utf8)
            if strategy != "AUTO" { #expect(numbers.contains(": \(strategy), predicted ")) }
            #expect(numbers.contains("\"layer 0, ") && numbers.contains("measured"))
        }
        #expect(texts.count == 1)
    }

    @Test(arguments: [
        (["run", "model", "x", "--strategy", "columns"], "--strategy"),
        (["run", "model", "x", "--strategy", "groups:0"], "--strategy"),
        (["run", "model", "x", "--strategy", ""], "--strategy"),
        (["plan"], "MODEL"), (["plan", "model", "--shape", "64x96x4:2:q8_0"], "leave out either"),
        (["plan", "--shape", "64x96"], "--shape"), (["plan", "--shape", "64x96x4:5:q8_0"], "--shape"),
        (["plan", "--shape", "0x96x4:2:q8_0"], "--shape"),
        (["plan", "--shape", "99999999999999999999x96x4:2:q8_0"], "--shape"),
        (["plan", "--shape", "64x96x4:2:q8_0", "--text", "x"], "--text"),
        (["plan", "model", "--sweep"], "--sweep"), (["plan", "model", "--tokens", "0"], "--tokens"),
        (["plan", "--replay", "t", "--ranks", "2", "--link", "1"], "--link"),
        (["plan", "--replay", "t", "--ranks", "0"], "--ranks"),
        (["plan", "--replay", "t", "--link", "1Gb,50us"], "--link joins"),
        (["plan", "model", "--link", "1Gb,50us"], "--link joins"), (["plan", "model", "--ranks", "4"], "--link"),
        (["plan", "--shape", "64x96x4:2:q8_0", "--sweep", "--ranks", "4"], "--ranks"),
        (["plan", "--shape", "64x96x4:2:q8_0", "--workload", "all", "--ranks", "4", "--link", "1Gb,50us"], "--link"),
        (["plan", "model", "--ranks", "4", "--link", "1Gb,50us", "--html", "page.html"], "--html"),
        (["plan", ""], "MODEL"), (["plan", "--shape", "64x96x4:2:q8_0", "--explain"], "--explain"),
        (["plan", "--shape", "64x96x4097:2:q8_0"], "--shape"), (["plan", "--shape", "64x96x256:129:q8_0"], "--shape"),
    ]) func `a wrong command line is named`(arguments: [String], named: String) throws {
        let outcome = try offstage(arguments)
        #expect(outcome.code == 2, "\(outcome.notes)")
        #expect(outcome.notes.contains(named), "\(outcome.notes)")
        #expect(outcome.text.isEmpty)
    }

    @Test func `what cannot be planned for is said`() throws {
        let missing = try offstage("plan", "nowhere")
        #expect(missing.code == 1 && missing.notes.contains("nowhere"))
        let odd = try offstage("plan", "--shape", "65x96x4:2:q8_0")
        #expect(odd.code == 1 && odd.notes.contains("32"), "\(odd.notes)")
        let absurd = try offstage("plan", "--shape", "1048576x1048576x8:2:q4_0", "--tokens", "1")
        #expect(absurd.code == 1 && absurd.notes.contains("a smaller --shape"), "\(absurd.notes)")
        let long = try offstage("plan", "--shape", "65536x65536x128:128:q4_0", "--tokens", "65536")
        #expect(long.code == 1 && long.notes.contains("fewer --tokens"), "\(long.notes)")
        _ = try offstage("pack", GoldenFiles.path("small-q8_0.gguf"), "--name", "model")
        let text = try offstage("plan", "model", "--text", "nothing.txt")
        #expect(text.code == 1 && text.notes.contains("nothing.txt"), "\(text.notes)")
    }
}
