import ArgumentParser
import Foundation
import Inference
import Profiling

struct Run: RankCommand {
    static let configuration = CommandConfiguration(
        abstract: "Continue a text, or answer a question.",
        discussion: """
            Prints the text as it is made, then one line on standard error that says where the time went. The same \
            prompt and options give the same text at every --ram, --threads, --strategy and --prefetch.
            """)

    @OptionGroup var model: ModelOptions
    @Argument(help: "The prompt; without it, --prompt-file or standard input is read.")
    var prompt: String?
    @Option(help: "Read the prompt from a file (- is standard input).")
    var promptFile: String?
    @Flag(help: "Put the prompt into the model's chat template.")
    var chat = false
    @Option(help: "With --chat: a system message before the prompt.")
    var system: String?

    @Option(
        name: .customShort("n"), parsing: .unconditional,
        help: ArgumentHelp("Tokens to write at most.", valueName: "tokens"))
    var count = 256
    @Flag(help: "Go on after the model's end-of-text token.")
    var ignoreEos = false
    @Option(parsing: .singleValue, help: "End when this text appears (may be given several times).")
    var stop: [String] = []

    @OptionGroup(title: "Sampling") var sampling: SamplingArguments
    @OptionGroup(title: "Memory and speed") var session: SessionArguments
    @OptionGroup(title: "Recording") var recording: RecordingArguments

    @Option(help: ArgumentHelp("Write the numbers of the run to a file, as JSON.", valueName: "file"))
    var stats: String?
    @Flag(help: "Print the numbers as one line of JSON, the last on standard output.")
    var json = false

    func validate() throws {
        if prompt != nil, promptFile != nil {
            throw ValidationError("give the prompt as an argument or with --prompt-file, not both")
        }
        try Limits.check("-n", count, 0...Limits.positions)
        if system != nil, !chat { throw ValidationError("--system needs --chat") }
    }

    func run(as ranks: SessionRanks?) throws {
        let numbers = stats.map { TextFile($0, holds: "the numbers") }
        if ranks.isFirst { try numbers?.checkWritable() }
        let opened = try ranks.inTurn {
            let path = try model.storePath()
            return try ranks.endingAtOnce { try self.session.model(at: path) }
        }
        let tokens = try ranks.tokens { try promptTokens(for: opened) }
        let session = try ranks.endingAtOnce {
            try ranks.session(
                of: opened, self.session.options(promptTokens: tokens.count, newTokens: count),
                threadsAreGiven: self.session.threads != nil)
        }
        Terminal.warn(session.warnings)
        let recording = try recording.recording(of: opened, isWanted: ranks.isFirst)
        let progress = ProgressLine("Reading the prompt", amount: { "\($0) tokens" })
        var text = OpenLine()
        let statistics = try recording.finishing {
            try session.generate(
                from: tokens, options: generationOptions, recorder: recording.recorder,
                isCancelled: { Interruption.isRequested },
                onProgress: { progress.show(done: $0, of: tokens.count) },
                onText: {
                    progress.clear()
                    text.print($0)
                })
        }
        progress.clear()
        text.end()
        Terminal.note(Message(lines: statistics.summary))
        guard ranks.isFirst else { return }
        try numbers?.write(String(decoding: Terminal.encoded(statistics), as: UTF8.self) + "\n")
        if json { try Terminal.print(json: statistics) }
    }

    private func promptTokens(for model: Model) throws -> [Int] {
        let text = try promptText()
        let tokens = try Interruption.endingAtOnce {
            chat
                ? try model.tokens(ofChat: String(decoding: text, as: UTF8.self), system: system)
                : model.tokens(of: text)
        }
        Terminal.warn(model.tokenizer.warnings(of: model.tokenizer.losses(in: text, tokens: tokens)))
        guard !tokens.isEmpty else {
            throw Complaint("the prompt is empty, and this model has no beginning-of-text token to start from")
        }
        return tokens
    }

    private func promptText() throws -> [UInt8] {
        if let prompt { return Array(prompt.utf8) }
        if let promptFile { return try TextInput.read(promptFile) }
        guard isatty(STDIN_FILENO) == 0 else {
            throw ValidationError("no prompt: give one as an argument, with --prompt-file, or on standard input")
        }
        return try TextInput.read("-")
    }

    private var generationOptions: GenerationOptions {
        var options = GenerationOptions()
        options.newTokens = count
        options.stopsAtEnd = !ignoreEos
        options.stopStrings = stop
        options.sampling = sampling.options
        return options
    }
}

/// Text on standard output whose last line ends, whatever happens: what is said after it has a line of its own.
private struct OpenLine: ~Copyable {
    private var isOpen = false

    mutating func print(_ text: String) {
        Terminal.print(text)
        isOpen = true
    }

    mutating func end() {
        Terminal.print("\n")
        isOpen = false
    }

    deinit {
        if isOpen { Terminal.print("\n") }
    }
}

struct SamplingArguments: ParsableArguments {
    @Option(parsing: .unconditional, help: "Divide the logits by this; 0 takes the likeliest token.")
    var temp: Float = 0
    @Option(parsing: .unconditional, help: "Keep this many of the likeliest tokens; 0 keeps all.")
    var topK = 0
    @Option(parsing: .unconditional, help: "Keep the likeliest tokens that together have this probability.")
    var topP: Float = 1
    @Option(parsing: .unconditional, help: "Drop tokens less likely than this share of the likeliest.")
    var minP: Float = 0
    @Option(parsing: .unconditional, help: "Make recent tokens less likely; 1 is off.")
    var repeatPenalty: Float = 1
    @Option(parsing: .unconditional, help: "How many tokens count as recent.")
    var repeatWindow = 64
    @Option(parsing: .unconditional, help: "Where chance begins; the same seed gives the same text.")
    var seed: UInt64 = 0

    func validate() throws {
        guard temp >= 0, temp.isFinite else { throw ValidationError("--temp wants 0 or more, not \(temp)") }
        guard topK >= 0 else { throw ValidationError("--top-k wants 0 or more, not \(topK)") }
        guard topP > 0, topP <= 1 else { throw ValidationError("--top-p wants more than 0 and at most 1, not \(topP)") }
        guard minP >= 0, minP <= 1 else { throw ValidationError("--min-p wants 0 to 1, not \(minP)") }
        guard repeatPenalty > 0, repeatPenalty.isFinite else {
            throw ValidationError("--repeat-penalty wants more than 0, not \(repeatPenalty)")
        }
        guard repeatWindow >= 0 else { throw ValidationError("--repeat-window wants 0 or more, not \(repeatWindow)") }
    }

    var options: SamplingOptions {
        var options = SamplingOptions()
        options.temperature = temp
        options.topK = topK
        options.topP = topP
        options.minP = minP
        options.repetitionPenalty = repeatPenalty
        options.repetitionWindow = repeatWindow
        options.seed = seed
        return options
    }
}
