import ArgumentParser
import Inference

/// The flags that every command that runs a model shares.
struct SessionArguments: ParsableArguments {
    @OptionGroup var work: WorkArguments

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Threads that compute. (default: the cores it may use)", valueName: "count"))
    var threads: Int?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Positions to make room for. (default: as many as the text may need)", valueName: "tokens"))
    var context: Int?

    func validate() throws {
        try Limits.check("--threads", threads, 1...Limits.threads)
        try Limits.check("--context", context, 1...Limits.positions)
    }

    /// Opens a packed model as these flags want it.
    func model(at path: String) throws -> Model { try work.model(at: path) }

    /// The options of a session for `promptTokens` tokens and up to `newTokens` more.
    ///
    /// - Throws: when the prompt alone is longer than --context.
    func options(promptTokens: Int, newTokens: Int) throws -> SessionOptions {
        if let context, context < promptTokens {
            throw Complaint(
                "the text has \(promptTokens) tokens, and there is room for \(context) positions; ask for more with --context"
            )
        }
        var options = work.options
        if let threads { options.threads = threads }
        options.positions = context ?? promptTokens + newTokens
        options.passTokens = min(work.promptChunk ?? promptTokens, promptTokens)
        // A text that is continued wants the logits of its last token alone.
        if newTokens > 0 { options.scoredTokens = 1 }
        return options
    }
}
