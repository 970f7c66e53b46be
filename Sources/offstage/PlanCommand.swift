import ArgumentParser
import Foundation
import Inference
import Mixture
import Profiling
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

    @Argument(help: "A packed model, a GGUF file or a Hugging Face folder, whose own routes are tried.")
    var model: String?
    @Flag(
        help:
            "One line for each layer: what is chosen, what was predicted of it and of the others, and measured. (default)"
    )
    var explain = false
    @Option(help: ArgumentHelp("The text that MODEL reads for it. (default: some English)", valueName: "file"))
    var text: String?
    @Option(
        help: ArgumentHelp(
            "Experts of a shape instead of a model's: width, width of an expert, experts, experts per token and format, as 1024x3584x8:2:q4_0.",
            valueName: "shape"))
    var shape: PlanShape?
    @Flag(help: "With --shape: predict and measure loads from 1 token to --tokens, from even to lopsided.")
    var sweep = false
    @Option(parsing: .unconditional, help: "Tokens of the text that are read, or of the greatest load.")
    var tokens = 512
    @Flag(help: "Measure the machine again, whatever is kept.") var measure = false
    @Option(parsing: .unconditional, help: "Where chance begins.") var seed: UInt64 = 1
    @Option(help: ArgumentHelp("Write all of it, with charts, as a page for a browser.", valueName: "file"))
    var html: String?
    @Flag(help: "Print one line of JSON.") var json = false

    @OptionGroup(title: "Memory and speed") var session: SessionArguments
    @OptionGroup var home: HomeOptions

    func validate() throws {
        try Limits.check("--tokens", tokens, 1...65_536)
        switch (model, shape) {
        case (nil, nil): throw ValidationError("Say what to plan for: MODEL, or experts of a --shape")
        case (_?, _?): throw ValidationError("A MODEL has its own shape; leave out either")
        case (nil, _?) where text != nil: throw ValidationError("--text needs a MODEL that reads it")
        case (_?, nil) where sweep: throw ValidationError("--sweep needs a --shape; a MODEL has its own loads")
        default: break
        }
        if model?.isEmpty ?? false { throw ValidationError("MODEL is empty") }
        if html == "" { throw ValidationError("--html is empty; it wants the path of a file") }
    }

    func run() throws {
        Interruption.watch()
        let page = html.map { TextFile($0, holds: "the page") }
        try page?.checkWritable(sparing: [text].compactMap(\.self))
        let answer = try model.map(study(ofModel:)) ?? study(of: shape!)
        if json {
            try Terminal.print(json: answer)
        } else {
            Terminal.print(answer.text)
        }
        guard let page else { return }
        try page.write(PlanPage(answer.report(of: model ?? shape!.words)).html)
        Terminal.note("Page: \(page.path)")
    }

    private func study(ofModel name: String) throws -> PlanAnswer {
        let path = try home.storePath(of: name)
        let opened = try Interruption.endingAtOnce { try session.model(at: path) }
        let bytes = try text.map(TextInput.read) ?? Array(Self.someText.utf8)
        let all = try Interruption.endingAtOnce { opened.tokens(of: bytes) }
        guard !all.isEmpty else { throw Complaint("the text is empty, and this model has no token to start from") }
        // A short text is read again and again.
        let wanted = (0..<tokens).map { all[$0 % all.count] }
        let progress = ProgressLine("Measuring", amount: { "\($0) loads" })
        let options = try session.options(promptTokens: wanted.count, newTokens: 4)
        let study = try ModelStudy(
            opened, options, tokens: wanted, measuresAgain: measure, isCancelled: { Interruption.isRequested },
            onProgress: { progress.show(done: $0, of: $1) })
        progress.clear()
        return PlanAnswer(
            shapes: study.shapes, constants: study.constants, choosingSeconds: study.choosingSeconds,
            loads: study.layers, isOfLayers: true)
    }

    private func study(of shape: PlanShape) throws -> PlanAnswer {
        let study = try shape.study(threads: session.threads ?? CPU.defaultThreads, measuresAgain: measure)
        let loads = LoadSweep(experts: shape.experts, expertsPerToken: shape.expertsPerToken, seed: seed)
        let counts = Array(sequence(first: 1) { 2 * $0 }.prefix { $0 <= tokens })
        let progress = ProgressLine("Measuring", amount: { "\($0) loads" })
        var found: [LayerExplanation] = []
        for count in sweep ? counts : counts.suffix(1) {
            for (number, skew) in LoadSweep.skews.enumerated() {
                let place = LayerExplanation.Place(layer: number, phase: count == 1 ? .decode : .prompt)
                let assignment = loads.assignment(tokens: count, skew: skew)
                found.append(try study.measured(assignment, place, isCancelled: { Interruption.isRequested }))
                progress.show(done: found.count, of: (sweep ? counts.count : 1) * LoadSweep.skews.count)
            }
        }
        progress.clear()
        study.keep()
        return PlanAnswer(
            shapes: [study.shape], constants: study.constants, choosingSeconds: study.choosingSeconds, loads: found,
            isOfLayers: false)
    }

    private static let someText = """
        The stage was dark when she came in. Somebody had left a ladder against the back wall, and the ropes that held the
        painted forest hung loose. There were eight actors in the play, but never more than two of them stood in the light at
        the same time; the others waited behind the curtain, reading, sleeping, or playing cards, until the prompter called a
        name. "It is always the same two," said the carpenter. "Give them chairs near the door, and let the rest wait in the
        yard." He had counted: of a hundred calls, sixty went to them. What he did not know was that on Sundays, when the play
        was for children, it was two others.
        """
}

/// What `plan` found.
struct PlanAnswer: Encodable {
    let shapes: [String]
    let constants: CostConstants?
    let choosingSeconds: Double
    let loads: [LayerExplanation]
    let isOfLayers: Bool

    private enum CodingKeys: String, CodingKey { case shapes, constants, choosingSeconds, loads }

    var text: String {
        let lines = isOfLayers ? loads.lines : loads.map(\.text)
        return ([machine].compactMap(\.self) + lines).joined(separator: "\n") + "\n"
    }

    private var machine: String? {
        constants.map { constants in
            String(
                format:
                    "%d thread%@ · memory read at %.1f GB/s alone, %.1f together · a parallel loop takes %.1f µs, a step in it %.1f µs, choosing %.2f µs · experts %@",
                constants.threads, constants.threads == 1 ? "" : "s", constants.bandwidthAlone / 1e9,
                constants.bandwidthTogether / 1e9, 1e6 * constants.loop, 1e6 * constants.step, 1e6 * choosingSeconds,
                shapes.joined(separator: ", "))
        }
    }
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
