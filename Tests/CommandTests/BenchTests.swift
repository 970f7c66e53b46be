import Foundation
import Testing

/// bench, of a model and of products alone.
@Suite(.serialized)
struct BenchTests {
    private let folder = try! TemporaryFolder()
    private var offstage: OffstageCommand { OffstageCommand(folder: folder) }

    private struct Answer: Decodable {
        struct Test: Decodable {
            struct Sample: Decodable {
                let seconds, tokensPerSecond, waitSeconds: Double
                let expertHits, expertMisses, bytesRead: Int
                let shareOfReads, shareOfArithmetic, readBytesPerSecond: Double?
                let multiplyAddsPerSecond: [String: Double]
            }

            let test: String
            let promptTokens, generatedTokens, depth, threads, expertSlots, expertCount, bytesRead: Int
            let tokensPerSecond, standardDeviation, waitShare: Double
            let hitRate, bytesPerToken, shareOfReads, shareOfArithmetic: Double?
            let multiplyAddsPerToken: [String: Double]
            let samples: [Sample]
        }

        struct Model: Decodable {
            let name: String
            let sizeBytes, parameters: Int
        }

        let model: Model
        let repetitions: Int
        let warmUp, interrupted: Bool
        let tests: [Test]
    }

    private struct Kernels: Decodable {
        struct Machine: Decodable { let kernels, processor: String }
        struct Product: Decodable {
            let format, shape: String
            let tokens, threads: Int
            let bytesPerSecond, multiplyAddsPerSecond: Double
            let shareOfReads, shareOfArithmetic: Double?
            let samples: [Double]
        }

        let machine: Machine
        let workingSetBytes: Int
        let products: [Product]
    }

    private static let level = "OFFSTAGE_KERNELS"

    @Test func `rounded keys and values are named in every form`() throws {
        let flags = ["-p", "8", "-n", "4", "-r", "1", "--no-warmup", "--kv", "F16"]
        let model = try SharedModels.small()
        let table = try offstage(["bench", model] + flags)
        #expect(table.code == 0, "\(table.notes)")
        #expect(table.text.contains("| kv") && table.text.contains("| f16"))
        let csv = try offstage(["bench", model, "-o", "csv"] + flags)
        #expect(csv.text.contains(",key_value_format,") && csv.text.contains(",f16,"))
        #expect(try offstage(["bench", model, "--json"] + flags).text.contains("\"key_value_format\":\"f16\""))
        let refused = try offstage(["bench", model, "-p", "8", "-n", "4", "--kv", "q4"])
        #expect(refused.code != 0 && refused.notes.contains("f32") && refused.notes.contains("q8_0"))
    }

    /// What a window no longer keeps is read anew, where a lesser depth comes after a greater one.
    @Test func `depths of a model with a window are timed in any order`() throws {
        _ = try offstage("pack", GoldenFiles.path("window"), "--name", "window")
        let bench = try offstage(
            "bench", "window", "-p", "8", "-n", "4", "-d", "450,20,0,300", "-r", "2", "--prompt-chunk", "8", "--json")
        #expect(bench.code == 0, "\(bench.notes)")
        #expect(try bench.json(Answer.self).tests.map(\.depth) == [450, 450, 20, 20, 0, 0, 300, 300])
    }

    @Test func `what nobody asked for is no longer than the model has room for`() throws {
        let bench = try offstage("bench", SharedModels.small(), "-d", "10", "-r", "1", "--no-warmup", "--json")
        #expect(bench.code == 0, "\(bench.notes)")
        let tests = try bench.json(Answer.self).tests
        #expect(tests.count == 2 && tests.contains { $0.promptTokens > 0 } && tests.contains { $0.generatedTokens > 0 })
    }

    @Test func `prompts and generations are timed at every depth, with every repetition in the numbers`() throws {
        let bench = try offstage(
            "bench", SharedModels.wide(), "-p", "8,4", "-n", "3", "-d", "0,5", "-r", "2", "-t", "2", "--ram", "25%",
            "--json")
        #expect(bench.code == 0, "\(bench.notes)")
        let answer = try bench.json(Answer.self)
        #expect(answer.tests.map(\.test) == ["pp8", "pp4", "tg3", "pp8 @ d5", "pp4 @ d5", "tg3 @ d5"])
        #expect(answer.repetitions == 2 && answer.warmUp && !answer.interrupted)
        for test in answer.tests {
            #expect(test.samples.count == 2)
            let rates = test.samples.map(\.tokensPerSecond)
            #expect(abs(test.tokensPerSecond - (rates[0] + rates[1]) / 2) <= 1e-9 * rates[0])
            #expect(abs(test.standardDeviation - abs(rates[0] - rates[1]) / 2.squareRoot()) <= 1e-6 * rates[0])
            #expect(test.expertSlots < test.expertCount && test.bytesRead > 0 && test.hitRate! < 1)
            #expect((0...1).contains(test.waitShare))
            #expect((test.shareOfReads == nil) == (test.promptTokens > 0))
            #expect((test.bytesPerToken == nil) == (test.promptTokens > 0))
            #expect(
                test.promptTokens + test.generatedTokens
                    == (test.test.hasPrefix("pp8") ? 8 : test.promptTokens == 4 ? 4 : 3))
            for sample in test.samples {
                let tokens = Double(test.promptTokens + test.generatedTokens)
                #expect(abs(sample.tokensPerSecond * sample.seconds - tokens) < 1e-6)
            }
        }
        // Behind other tokens there are more keys and values to read, and to multiply.
        let (near, far) = (answer.tests[2], answer.tests[5])
        #expect(far.bytesPerToken! > near.bytesPerToken!)
        #expect(far.multiplyAddsPerToken["f32"]! > near.multiplyAddsPerToken["f32"]!)
        #expect(far.multiplyAddsPerToken["int8"]! == near.multiplyAddsPerToken["int8"]!)
    }

    @Test func `the table is Markdown, one row for each test and number of threads`() throws {
        let bench = try offstage(
            "bench", SharedModels.small(), "-p", "4", "-n", "2", "-r", "1", "-t", "1,2", "--no-warmup")
        #expect(bench.code == 0, "\(bench.notes)")
        let lines = bench.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let rows = lines.prefix { !$0.isEmpty }.map { line in
            line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        }
        #expect(rows.count == 6, "\(bench.text)")
        #expect(rows[0] == ["model", "size", "params", "threads", "test", "t/s", "of reads", "of arithmetic"])
        #expect(rows[1].allSatisfy { $0.allSatisfy { "-:".contains($0) } && $0.count >= 3 })
        #expect(rows.dropFirst(2).map { $0[3] + " " + $0[4] } == ["1 pp4", "1 tg2", "2 pp4", "2 tg2"])
        for row in rows.dropFirst(2) {
            let rate = row[5].components(separatedBy: " ± ").compactMap(Double.init)
            #expect(rate.count == 2 && rate[0] > 0 && rate[1] == 0, "\(row)")
        }
        #expect(lines.contains { $0.contains("1 thread at most: ") && $0.contains("2 threads at most: ") })
    }

    @Test func `comma-separated values have a head and as many fields in every line`() throws {
        let bench = try offstage(
            "bench", SharedModels.small(), "-p", "4", "-n", "2", "-r", "1", "-t", "1", "-o", "csv", "--no-warmup")
        #expect(bench.code == 0, "\(bench.notes)")
        let lines = bench.text.split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false) }
        #expect(lines.count == 3)
        #expect(Set(lines.map(\.count)).count == 1 && lines[0].contains("tokens_per_second"))
        let rate = try #require(lines[0].firstIndex(of: "tokens_per_second"))
        #expect(lines.dropFirst().allSatisfy { Double($0[rate]) ?? 0 > 0 })
    }

    @Test func `products alone are measured, format by shape by rows`() throws {
        let bench = try offstage(
            "bench", "--kernels", "--formats", "q4_0,Q6_K,f32", "--shape", "64x256,48x512", "--tokens", "1,3", "-t",
            "2", "-r",
            "2", "--json")
        #expect(bench.code == 0, "\(bench.notes)")
        let answer = try bench.json(Kernels.self)
        #expect(answer.products.count == 12)
        #expect(Set(answer.products.map { "\($0.format) \($0.shape) \($0.tokens)" }).count == 12)
        #expect(Set(answer.products.map(\.format)) == ["q4_0", "q6_k", "f32"])
        for product in answer.products {
            #expect(product.samples.count == 2 && product.samples.allSatisfy { $0 > 0 })
            #expect(product.threads == 2 && product.bytesPerSecond > 0 && product.multiplyAddsPerSecond > 0)
            #expect(product.shareOfReads! > 0)
            #expect((product.shareOfArithmetic == nil) == (answer.machine.kernels == "generic"))
        }
        #expect(answer.workingSetBytes >= 16 << 20)
    }

    @Test func `a level that the environment names is measured, and in a table`() throws {
        let arguments = ["--kernels", "--formats", "q8_0", "--shape", "32x64", "--tokens", "1", "-r", "1", "-t", "1"]
        let bench = try offstage.start(
            ["bench"] + arguments + ["--no-warmup"], environment: [Self.level: "generic"]
        ).finished()
        #expect(bench.code == 0, "\(bench.notes)")
        let cells = bench.text.split(separator: "\n")[2].split(separator: "|").map {
            $0.trimmingCharacters(in: .whitespaces)
        }
        #expect(cells.prefix(4) == ["q8_0", "32x64", "1", "1"])
        #expect(cells.last == "–")
        #expect(bench.text.contains(", generic, load average "))
    }

    @Test(arguments: [
        (["model", "-p", "0", "-n", "0"], "there is nothing to time"),
        (["model", "-p", "-1"], "--prompt wants 0 to 1073741824, not -1"),
        (["model", "-p", "many"], "'many' is invalid for '-p"), (["model", "-n", "1,,2"], "'1,,2' is invalid for '-n"),
        (["model", "-n", "99999999999999999999"], "is invalid for '-n"),
        (["model", "-d", "-5"], "--depth wants 0 to 1073741824, not -5"),
        (["model", "-t", "0"], "--threads wants 1 to 1024, not 0"), (["model", "-t", "1,2000"], "not 2000"),
        (["model", "-r", "0"], "--repetitions wants 1 to 100000, not 0"),
        (["model", "-o", "xml"], "'md', 'csv' or 'json'"),
        (["model", "--ram", "lots"], "--ram"), (["model", "--prompt-chunk", "0"], "--prompt-chunk"),
        ([], "MODEL"), ([""], "MODEL is empty"), (["model", "--kernels"], "leave out either"),
        (["model", "--formats", "q4_0"], "are for --kernels"), (["--kernels", "--formats", "q9_0"], "--formats"),
        (["--kernels", "-p", "4"], "--kernels has --tokens"), (["--kernels", "--shape", "64"], "--shape"),
        (["--kernels", "--shape", "0x64"], "--shape"),
        (["--kernels", "--tokens", "0"], "--tokens wants 1 to 65536, not 0"),
    ]) func `a wrong command line is named`(arguments: [String], named: String) throws {
        let outcome = try offstage(["bench"] + arguments)
        #expect(outcome.code == 2, "\(outcome.notes)")
        #expect(outcome.notes.contains(named), "\(outcome.notes)")
        #expect(outcome.text.isEmpty)
    }

    @Test func `what cannot be timed is said before anything is`() throws {
        let model = try SharedModels.wide()
        for (arguments, said) in [
            (["nowhere"], "nowhere"), ([model, "-p", "8000"], "pp8000 takes 8000 positions, and"),
            ([model, "-p", "0", "-n", "100", "-d", "4000"], "tg100 @ d4000 takes 4100 positions, and"),
            ([model, "--ram", "1M"], "a budget of 1.0 MiB is too small for"),
            (["--kernels", "--formats", "q4_k", "--shape", "64x64"], "rows of 64 weights cannot be q4_K"),
            (["--kernels", "--formats", "f32", "--shape", "1048576x1048576"], "ask for a smaller --shape"),
        ] {
            let outcome = try offstage(["bench"] + arguments)
            #expect(outcome.code == 1, "\(outcome.notes)")
            #expect(outcome.notes.hasPrefix("Error: ") && outcome.notes.contains(said), "\(outcome.notes)")
            #expect(outcome.text.isEmpty)
        }
    }

    @Test(arguments: [SIGINT, SIGTERM])
    func `an interrupt ends it with what has been measured`(signal: Int32) throws {
        let running = try offstage.start([
            "bench", SharedModels.wide(), "-p", "4", "-n", "4000", "-r", "1", "--no-warmup", "-t", "1",
        ])
        // The row of the prompts is printed when they are done; thousands of tokens follow.
        #expect(running.send(signal) { FileManager.default.contents(atPath: $0)?.isEmpty == false })
        let bench = try running.finished()
        #expect(bench.code == 130, "\(bench.notes)")
        #expect(bench.text.contains(" pp4 "))
        #expect(bench.text.hasSuffix("\n") && bench.text.contains("1 thread at most: "))
    }

    @Test func `an interrupt before the first repetition is done leaves nothing`() throws {
        let running = try offstage.start(["bench", SharedModels.wide(), "-p", "0", "-n", "4000", "-r", "100"])
        #expect(running.send(SIGINT) { _ in running.computed >= 30 })
        let bench = try running.finished()
        #expect(bench.code == 130 && bench.text.isEmpty)
        #expect(bench.notes == "Interrupted; the same command begins again.\n")
    }
}
