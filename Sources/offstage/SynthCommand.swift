import ArgumentParser
import Foundation
import Inference
import ModelFiles
import Profiling
import Tensors

struct Synth: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write a GGUF of random weights, of any size, to measure with.",
        discussion: "The file is one that llama.cpp loads too. The same shape and seed give the same file.")

    @Argument(help: "The GGUF file to write.")
    var file: String
    @Option(parsing: .unconditional, help: "Layers.") var layers = 4
    @Option(parsing: .unconditional, help: "Width of the residual stream.") var hidden = 512
    @Option(parsing: .unconditional, help: "Width of one expert.") var intermediate = 1024
    @Option(parsing: .unconditional, help: "Heads of attention.") var heads = 8
    @Option(parsing: .unconditional, help: "Heads for keys and values.") var kvHeads = 2
    @Option(parsing: .unconditional, help: "Width of one head. (default: hidden / heads)") var headDim: Int?
    @Option(parsing: .unconditional, help: "Experts in a layer.") var experts = 8
    @Option(parsing: .unconditional, help: "Experts a token visits.") var topK = 2
    @Option(parsing: .unconditional, help: "Tokens in the vocabulary.") var vocab = 4096
    @Option(parsing: .unconditional, help: "Positions the model claims to be made for.") var context = 4096
    @Option(help: "Format of the matrices.") var format: WeightFormat = .q4_0
    @Option(
        help: "How tokens choose; skewed: a layer's best expert takes a third of the visits, and half of them repeat.")
    var routing: SyntheticModel.Routing = .uniform
    @Option(parsing: .unconditional, help: "Where chance begins; the same seed gives the same file.") var seed: UInt64 =
        1
    @Option(parsing: .unconditional, help: "Threads that make numbers. (default: the cores it may use)") var threads:
        Int?
    @Flag(help: "Replace a file of that name.") var force = false
    @Flag(help: "Print one line of JSON.") var json = false

    func validate() throws {
        for (name, value) in [
            ("--layers", layers), ("--hidden", hidden), ("--intermediate", intermediate), ("--heads", heads),
            ("--kv-heads", kvHeads),
            ("--experts", experts), ("--top-k", topK), ("--vocab", vocab), ("--context", context),
            ("--head-dim", headDim ?? 1),
        ] {
            try Limits.check(name, value, 1...1 << 24)
        }
        try Limits.check("--threads", threads, 1...Limits.threads)
        do { _ = try model.byteCount(path: file) } catch { throw ValidationError("\(error)".printable) }
    }

    private var model: SyntheticModel {
        SyntheticModel(
            layers: layers, hidden: hidden, intermediate: intermediate, heads: heads, keyValueHeads: kvHeads,
            headSize: headDim ?? max(hidden / heads, 1), experts: experts, expertsPerToken: topK, vocabulary: vocab,
            context: context, format: format, routing: routing, seed: seed)
    }

    func run() throws {
        Interruption.watch()
        guard force || !FileManager.default.fileExists(atPath: file) else {
            throw Complaint("\(file) is there already; --force replaces it")
        }
        let start = ContinuousClock.now
        let progress = ProgressLine("Writing")
        var bytes = 0
        try model.write(
            to: file, workers: Workers(count: threads ?? CPU.defaultThreads),
            progress: { done, total in
                if Interruption.isRequested { throw CancellationError() }
                bytes = total
                progress.show(done: done, of: total)
            })
        progress.clear()
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        Terminal.note("Wrote \(file): \(formatted(bytes: bytes)) in \(String(format: "%.1f", seconds)) s.")
        if json { try Terminal.print(json: Report(path: file, bytes: bytes, seconds: seconds)) }
    }

    private struct Report: Encodable {
        var path: String
        var bytes: Int
        var seconds: Double
    }
}

extension SyntheticModel.Routing: NamedOption {}
