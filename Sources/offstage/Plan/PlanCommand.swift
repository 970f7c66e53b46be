import ArgumentParser
import Foundation
import Inference
import Mixture
import Profiling
import Ranks
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

            Trying them takes some 400 MiB of memory beside --ram, or less where less can be had.

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
            "Experts of a shape instead of a model's: width, width of an expert, experts (up to 4096), experts per token (up to 128) and format, as 1024x3584x8:2:q4_0.",
            valueName: "shape"))
    var shape: PlanShape?
    @Option(
        help: ArgumentHelp(
            "With --shape: let every strategy and the planner compute made-up loads: balanced, hot-expert, hot-set, hot-rank, spread-set, ragged, empty-experts, rotating, burst; all.",
            valueName: "kind"))
    var workload: WorkloadChoice?
    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "What recorded loads would have taken with each strategy, as predicted, and with the planner.",
            valueName: "trace"))
    var replay: [String] = []
    @Option(parsing: .unconditional, help: "Steps of a workload.") var steps = 8
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Ranks that experts are spread over: of MODEL or --shape how each layer is best computed on them, with a --link; of --workload how even that is (default: 4); of --replay also where experts would better be.",
            valueName: "count"))
    var ranks: Int?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "With --ranks: what joins them, as 1Gb,50us; how long they would take is predicted, each a machine like this.",
            valueName: "link"))
    var link: Link?
    @Flag(help: "With --shape: predict and measure loads from 1 token to --tokens, from even to lopsided.")
    var sweep = false
    @Option(parsing: .unconditional, help: "Tokens of the text that are read, or of the greatest load.")
    var tokens = 512
    @Flag(help: "Measure the machine again, whatever is kept.") var measure = false
    @Option(parsing: .unconditional, help: "Where chance begins.") var seed: UInt64 = 1
    @Option(help: ArgumentHelp("Write all of it, with charts, as a page for a browser.", valueName: "file"))
    var html: String?
    @Flag(help: "Print one line of JSON.") var json = false

    @OptionGroup(title: "Reading traces") var reading: TraceArguments
    @OptionGroup(title: "Memory and speed") var session: SessionArguments
    @OptionGroup var home: HomeOptions

    func validate() throws {
        try Limits.check("--tokens", tokens, 1...65_536)
        try Limits.check("--steps", steps, 1...65_536)
        try Limits.check("--ranks", ranks, 1...4096)
        if link != nil, ranks == nil { throw ValidationError("--link joins --ranks; say how many there are") }
        if link != nil, workload != nil || sweep {
            throw ValidationError("--link is for MODEL, --shape or --replay; leave it out with --workload and --sweep")
        }
        if ranks != nil, link == nil, workload == nil, replay.isEmpty, !sweep {
            throw ValidationError("--ranks of a MODEL or a --shape need what joins them: --link 1Gb,50us")
        }
        if ranks != nil, sweep { throw ValidationError("--sweep is of one machine; leave out --ranks") }
        let modes = [sweep, workload != nil, !replay.isEmpty].count { $0 }
        guard modes < 2 else { throw ValidationError("Give one of --sweep, --workload and --replay") }
        switch (model, shape) {
        case (nil, nil) where !replay.isEmpty && !explain: break
        case (nil, nil):
            throw ValidationError("Say what to plan for: MODEL, experts of a --shape, or a trace to --replay")
        case (_?, _?): throw ValidationError("A MODEL has its own shape; leave out either")
        case (nil, _) where explain: throw ValidationError("--explain is about a MODEL's layers")
        case (nil, _?) where text != nil: throw ValidationError("--text needs a MODEL that reads it")
        case (_?, nil) where modes > 0:
            throw ValidationError(
                "--sweep, --workload and --replay need a --shape, and no MODEL, which has its own loads")
        default: break
        }
        if model?.isEmpty ?? false { throw ValidationError("MODEL is empty") }
        if html != nil, workload != nil || !replay.isEmpty || ranks != nil {
            throw ValidationError(
                "--html shows what MODEL or --sweep measured; leave it out with --workload, --replay and --ranks")
        }
        if html == "" { throw ValidationError("--html is empty; it wants the path of a file") }
    }

    func run() throws {
        Interruption.watch()
        let page = html.map { TextFile($0, holds: "the page") }
        try page?.checkWritable(sparing: [text].compactMap(\.self))
        if !replay.isEmpty, let ranks { return try show(replayed(on: ranks)) }
        if !replay.isEmpty { return try show(replayed()) }
        if let workload, let shape { return try show(raced(workload, shape)) }
        if let ranks, let link { return try show(planned(on: ranks, link)) }
        let answer = try model.map(study(ofModel:)) ?? study(of: shape!)
        try show(answer)
        guard let page else { return }
        try page.write(PlanPage(answer.report(of: model ?? shape!.words)).html)
        Terminal.note("Page: \(page.path)")
    }

    private func show(_ answer: some Encodable & PlanText) throws {
        if json { try Terminal.print(json: answer) } else { Terminal.print(answer.text) }
    }

    private func raced(_ choice: WorkloadChoice, _ shape: PlanShape) throws -> RaceAnswer {
        let workloads = try choice.kinds.map { kind in
            try Workload(
                kind, experts: shape.experts, topK: shape.expertsPerToken, tokens: tokens, steps: steps, seed: seed,
                ranks: ranks ?? Self.usualRanks)
        }
        let study = try shape.study(
            tokens: tokens, threads: session.threads ?? CPU.defaultThreads, measuresAgain: measure)
        let progress = ProgressLine("Measuring", amount: { "\($0) workloads" })
        var found: [RaceAnswer.Workload] = []
        for workload in workloads {
            let races = try study.raced(
                workload.allSteps.map(\.assignment), warmUp: Self.roundsToLearn, rounds: Self.rounds,
                isCancelled: { Interruption.isRequested })
            found.append(RaceAnswer.Workload(workload, races))
            progress.show(done: found.count, of: workloads.count)
        }
        progress.clear()
        return RaceAnswer(
            shape: study.shape, tokens: tokens, steps: steps, ranks: ranks ?? Self.usualRanks,
            constants: study.constants,
            workloads: found)
    }

    /// Rounds of a workload in which the planner learns, and rounds that count.
    private static let roundsToLearn = 16
    private static let rounds = 9

    private static let usualRanks = 4

    private func replayed() throws -> ReplayAnswer {
        let progress = ProgressLine("Reading") { "\($0 >> 20) MB" }
        let recorded = try RecordedLoads(
            tracesAt: replay, options: reading.options, isCancelled: { Interruption.isRequested },
            onProgress: { progress.show(done: $0, of: $1) })
        progress.clear()
        let experts = recorded.loads.map(\.call.experts).max() ?? 1
        let shape = try shape ?? PlanShape(like: recorded, experts: experts)
        let study = try shape.study(
            tokens: tokens, threads: session.threads ?? CPU.defaultThreads, measuresAgain: measure)
        if self.shape == nil {
            Terminal.note(
                "The trace does not say what its experts are like; they are taken to be \(study.shape) (--shape).")
        }
        return try Interruption.endingAtOnce {
            ReplayAnswer(
                model: recorded.model, shape: study.shape, constants: study.constants, loads: recorded.loads.count,
                study.replayed(recorded))
        }
    }

    private func study(ofModel name: String) throws -> PlanAnswer {
        let (opened, wanted) = try opened(name)
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

    /// The model, and the tokens that it reads.
    func opened(_ name: String) throws -> (model: Model, tokens: [Int]) {
        let path = try home.storePath(of: name)
        let opened = try Interruption.endingAtOnce { try session.model(at: path) }
        let bytes = try text.map(TextInput.read) ?? Array(Self.someText.utf8)
        let all = try Interruption.endingAtOnce { opened.tokens(of: bytes) }
        guard !all.isEmpty else { throw Complaint("the text is empty, and this model has no token to start from") }
        // A short text is read again and again.
        return (opened, (0..<tokens).map { all[$0 % all.count] })
    }

    private func study(of shape: PlanShape) throws -> PlanAnswer {
        let study = try shape.study(
            tokens: tokens, threads: session.threads ?? CPU.defaultThreads, measuresAgain: measure)
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
