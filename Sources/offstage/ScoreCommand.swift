import ArgumentParser
import Foundation
import Inference
import ModelFiles
import Profiling

struct Score: RankCommand {
    static let configuration = CommandConfiguration(
        abstract: "The log-probability of each token of a text, and its perplexity.",
        discussion: "Natural logarithms. The first token has nothing before it and so no log-probability.")

    @OptionGroup var model: ModelOptions
    @Option(help: ArgumentHelp("The text to score (- is standard input).", valueName: "file"))
    var text: String?
    @Option(help: ArgumentHelp("A JSON array of token ids to score as they stand.", valueName: "file"))
    var ids: String?
    @OptionGroup(title: "Memory and speed") var session: SessionArguments
    @OptionGroup(title: "Recording") var recording: RecordingArguments
    @Flag(help: "Print one line of JSON: tokens (with any beginning token) and logprobs (null for the first).")
    var json = false

    func validate() throws {
        if (text == nil) == (ids == nil) { throw ValidationError("say what to score: --text FILE or --ids FILE") }
    }

    func run(as ranks: SessionRanks?) throws {
        let opened = try ranks.inTurn {
            let path = try model.storePath()
            return try ranks.endingAtOnce { try self.session.model(at: path) }
        }
        let tokens = try ranks.tokens { try self.tokens(for: opened) }
        guard tokens.count > 1 else {
            let found = tokens.isEmpty ? "no tokens" : "one token, which has none before it"
            throw Complaint("there is nothing to score: \(TextInput.name(of: text ?? ids ?? "-")) holds \(found)")
        }
        let session = try ranks.endingAtOnce {
            try ranks.session(
                of: opened, self.session.options(promptTokens: tokens.count, newTokens: 0),
                threadsAreGiven: self.session.threads != nil)
        }
        Terminal.warn(session.warnings)
        let recording = try recording.recording(of: opened, isWanted: ranks.isFirst)
        let progress = ProgressLine("Scoring", amount: { "\($0) tokens" })
        let score = try recording.finishing {
            try session.score(
                tokens, recorder: recording.recorder, isCancelled: { Interruption.isRequested },
                onProgress: { progress.show(done: $0, of: tokens.count) })
        }
        progress.clear()
        if Interruption.isRequested {
            Terminal.note(
                "Interrupted after \(score.statistics.promptTokens) of \(tokens.count) tokens; nothing is printed.")
            return
        }
        guard ranks.isFirst else { return }
        if json { try Terminal.print(json: score) } else { Terminal.print(table(of: score, for: opened)) }
        Terminal.note(Message(lines: score.statistics.summary))
    }

    private func tokens(for model: Model) throws -> [Int] {
        if let text {
            let bytes = try TextInput.read(text)
            guard !bytes.isEmpty else {
                throw Complaint("there is nothing to score: \(TextInput.name(of: text)) is empty")
            }
            let (tokens, losses) = try Interruption.endingAtOnce {
                let tokens = model.tokens(of: bytes)
                return (tokens, model.tokenizer.losses(in: bytes, tokens: tokens))
            }
            Terminal.warn(model.tokenizer.warnings(of: losses))
            return tokens
        }
        let path = ids ?? "-"
        guard let tokens = try? JSONDecoder().decode([Int].self, from: Data(TextInput.read(path))) else {
            throw Complaint("\(TextInput.name(of: path)) is not a JSON array of token ids, such as [1, 15043, 29892]")
        }
        let vocabulary = model.architecture.vocabularySize
        if let odd = tokens.first(where: { !(0..<vocabulary).contains($0) }) {
            throw Complaint(
                "\(TextInput.name(of: path)) holds the token id \(odd); this model's ids are 0 to \(vocabulary - 1)")
        }
        return tokens
    }

    private func table(of score: TextScore, for model: Model) -> String {
        var lines = zip(score.tokens, score.logprobs).map { token, logprob in
            let number = logprob.map { String(format: "%9.4f", $0) } ?? "        -"
            return "\(number)  \(token)\t\(model.visibleText(of: token))"
        }
        lines.append(String(format: "perplexity %.4f over %d tokens", score.perplexity, max(0, score.tokens.count - 1)))
        return lines.joined(separator: "\n") + "\n"
    }
}
