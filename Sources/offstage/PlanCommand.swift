import ArgumentParser
import Foundation
import Inference
import Mixture
import Tensors

struct Plan: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "How a model's experts are best spread over threads, and why.",
        discussion: """
            What the machine's parts cost is measured in a second or two and kept in $XDG_CACHE_HOME/offstage; how long each \
            strategy takes is predicted from it, and then measured:

              rows      all threads split the rows of one expert after the other (tensor parallel)
              experts   each thread takes experts of its own (expert parallel)
              groups:r  each group of r threads takes experts of its own, and splits their rows
              tiles     all threads take tiles of all experts from one queue (a dropless grouped product)
              tokens    each thread takes a share of every expert's tokens (data parallel)

            All give the same bits; offstage run chooses for itself, layer by layer, unless --strategy says otherwise.
            """)

    @Option(
        help: ArgumentHelp(
            "Experts of a shape instead of a model's: width x width of an expert x experts : experts per token : format, as 1024x3584x8:2:q4_0.",
            valueName: "shape"))
    var shape: PlanShape?
    @Flag(help: "Predict and measure loads from 1 token to --tokens, from even to lopsided.") var sweep = false
    @Option(parsing: .unconditional, help: "Tokens of the greatest load.") var tokens = 512
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Threads that compute. (default: the cores it may use)", valueName: "count"))
    var threads: Int?
    @Flag(help: "Measure the machine again, whatever is kept.") var measure = false
    @Option(parsing: .unconditional, help: "Where chance begins.") var seed: UInt64 = 1
    @Flag(help: "Print one line of JSON.") var json = false

    func validate() throws {
        try Limits.check("--threads", threads, 1...Limits.threads)
        try Limits.check("--tokens", tokens, 1...65_536)
    }

    func run() throws {
        Interruption.watch()
        guard let shape else { throw ValidationError("Say --shape") }
        let study = try shape.study(threads: threads ?? CPU.defaultThreads, measuresAgain: measure)
        let loads = LoadSweep(experts: shape.experts, expertsPerToken: shape.expertsPerToken, seed: seed)
        var found: [LayerExplanation] = []
        let counts = sequence(first: 1) { 2 * $0 }.prefix { $0 <= tokens }
        let progress = ProgressLine("Measuring", amount: { "\($0) loads" })
        for count in counts {
            for (number, skew) in LoadSweep.skews.enumerated() {
                let place = LayerExplanation.Place(layer: number, phase: count == 1 ? .decode : .prompt)
                found.append(
                    try study.measured(
                        loads.assignment(tokens: count, skew: skew), place, isCancelled: { Interruption.isRequested }))
                progress.show(done: found.count, of: counts.reduce(0) { n, _ in n + 1 } * LoadSweep.skews.count)
            }
        }
        progress.clear()
        if json {
            try Terminal.print(json: PlanAnswer(shape: study.shape, constants: study.constants, loads: found))
        } else {
            Terminal.print(found.map(\.text).joined(separator: "\n") + "\n")
        }
    }
}

struct PlanAnswer: Encodable {
    let shape: String
    let constants: CostConstants
    let loads: [LayerExplanation]
}

/// Experts of a layer, in words of the command line.
struct PlanShape: ExpressibleByArgument {
    let hidden, intermediate, experts, expertsPerToken: Int
    let format: WeightFormat

    init?(argument: String) {
        let parts = argument.split(separator: ":", omittingEmptySubsequences: false)
        let sizes = (parts.first ?? "").split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 3, sizes.count == 3, let hidden = sizes[0], let intermediate = sizes[1],
            let experts = sizes[2], let count = Int(parts[1]),
            let format = WeightFormat.allCases.first(where: { $0.rawValue.lowercased() == parts[2].lowercased() }),
            (1...1 << 20).contains(hidden), (1...1 << 20).contains(intermediate), (1...1 << 16).contains(experts),
            (1...experts).contains(count)
        else { return nil }
        (self.hidden, self.intermediate, self.experts) = (hidden, intermediate, experts)
        expertsPerToken = count
        self.format = format
    }

    /// - Throws: ``Complaint`` where a width does not divide into the format's blocks.
    func study(threads: Int, measuresAgain: Bool) throws -> PlanStudy {
        let shape = ExpertShape(
            hiddenSize: hidden, intermediateSize: intermediate, gateFormat: format, upFormat: format,
            downFormat: format)
        guard let layout = ExpertLayout(shape) else {
            throw Complaint(
                "experts of \(hidden) x \(intermediate) cannot be \(format.rawValue): a width does not divide into its blocks of \(format.blockSize)"
            )
        }
        return PlanStudy(
            layout, experts: experts, expertsPerToken: expertsPerToken, threads: threads,
            folder: HomeOptions.cacheHome, measuresAgain: measuresAgain)
    }
}
