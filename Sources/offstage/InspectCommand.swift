import ArgumentParser
import Inference
import Tensors

struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "What a model is made of, and the memory it needs.",
        discussion: "MODEL may be a packed model, a GGUF file, a Hugging Face folder or a checkpoint.")

    @Argument(help: "A packed model's name or path, a GGUF file, a Hugging Face folder or a checkpoint.")
    var model: String
    @OptionGroup var home: HomeOptions
    @Option(parsing: .unconditional, help: ArgumentHelp("Positions to make room for.", valueName: "tokens"))
    var context = 512
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Prompt tokens per pass through the layers. (default: as --context)", valueName: "tokens"))
    var promptChunk: Int?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Threads that compute. (default: the cores it may use)", valueName: "count"))
    var threads: Int?
    @Option(help: ArgumentHelp("How keys and values are kept.", valueName: "format"))
    var kv: KeyValueFormat = .f32
    @Flag(help: "Print one line of JSON.")
    var json = false

    func validate() throws {
        try Limits.check("--context", context, 1...Limits.positions)
        try Limits.check("--prompt-chunk", promptChunk, 1...Limits.positions)
        try Limits.check("--threads", threads, 1...Limits.threads)
    }

    func run() throws {
        let summary = try ModelSummary(path: home.storeOrFile(named: model), options: options)
        if json { try Terminal.print(json: summary) } else { Terminal.print(summary.table) }
    }

    private var options: SessionOptions {
        var options = SessionOptions()
        options.positions = context
        options.passTokens = promptChunk ?? context
        options.keyValueFormat = kv
        if let threads { options.threads = threads }
        return options
    }
}
