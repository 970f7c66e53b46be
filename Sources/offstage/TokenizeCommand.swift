import ArgumentParser
import Foundation
import Inference
import ModelFiles

struct Tokenize: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Turn text into token ids and back.",
        discussion: """
            MODEL may also be a GGUF file, a Hugging Face folder, a checkpoint, a tokenizer.model or a tokenizer.json.
            """)

    @Argument(
        help: """
            A packed model's name or path, a GGUF file, a Hugging Face folder, a checkpoint, a tokenizer.model or a
            tokenizer.json.
            """)
    var model: String
    @OptionGroup var home: HomeOptions
    @Argument(help: "The text; without it, --text or standard input is read.")
    var words: String?
    @Option(help: ArgumentHelp("Read the text from a file (- is standard input).", valueName: "file"))
    var text: String?
    @Option(
        help: ArgumentHelp(
            "A JSON array of texts in base64, to be tokenized one by one without tokens that begin or end a text.",
            valueName: "file"))
    var lines: String?
    @Flag(help: "Leave out the tokens that begin and end a text.")
    var noBos = false
    @Flag(help: "Print one line of JSON: tokens and the text they decode to.")
    var json = false

    private static let linesAtOnce = 1024

    func validate() throws {
        if [words, text, lines].compactMap(\.self).count > 1 {
            throw ValidationError("give the text as an argument, with --text or with --lines, only one of them")
        }
    }

    func run() throws {
        Interruption.watch()
        let tokenizer = try TextTokenizer(path: home.storeOrFile(named: model))
        if let lines { return try tokenizeLines(lines, with: tokenizer) }
        let text = try input()
        try Interruption.endingAtOnce { try tokenize(text, with: tokenizer) }
    }

    private func tokenize(_ text: [UInt8], with tokenizer: TextTokenizer) throws {
        let tokens = tokenizer.tokens(of: text, addsMarks: noBos ? false : nil)
        Terminal.warn(tokenizer.warnings(of: tokenizer.losses(in: text, tokens: tokens)))
        if json {
            try Terminal.print(
                json: Output(tokens: tokens, text: String(decoding: tokenizer.bytes(of: tokens), as: UTF8.self)))
        } else {
            printTable(of: tokens, with: tokenizer)
        }
    }

    /// A line for each token, written once for all its places.
    private func printTable(of tokens: [Int], with tokenizer: TextTokenizer) {
        var lines: [Int: String] = [:]
        for start in stride(from: 0, to: tokens.count, by: Self.linesAtOnce) {
            var text = ""
            for token in tokens[start...].prefix(Self.linesAtOnce) {
                let line = lines[token] ?? "\(token)\t\(tokenizer.visibleText(of: token))\n"
                lines[token] = line
                text += line
            }
            Terminal.print(text)
        }
    }

    private func input() throws -> [UInt8] {
        if let words { return Array(words.utf8) }
        return try TextInput.read(text ?? "-")
    }

    private func tokenizeLines(_ path: String, with tokenizer: TextTokenizer) throws {
        guard let texts = try? JSONDecoder().decode([Data].self, from: Data(TextInput.read(path))) else {
            throw Complaint("\(TextInput.name(of: path)) is not a JSON array of base64 strings")
        }
        try Interruption.endingAtOnce {
            let tokens = texts.map { tokenizer.tokens(of: Array($0), addsMarks: false) }
            var losses = TextLosses()
            for (text, tokens) in zip(texts, tokens) { losses += tokenizer.losses(in: Array(text), tokens: tokens) }
            Terminal.warn(tokenizer.warnings(of: losses))
            try Terminal.print(json: LinesOutput(tokens: tokens, decoded: tokens.map { Data(tokenizer.bytes(of: $0)) }))
        }
    }

    private struct Output: Encodable {
        var tokens: [Int]
        var text: String
    }

    private struct LinesOutput: Encodable {
        var tokens: [[Int]]
        var decoded: [Data]
    }
}
