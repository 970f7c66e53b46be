import Foundation
public import ModelFiles
import Offload
import Profiling

/// A model's vocabulary and the way it cuts text.
public struct TextTokenizer: Sendable {
    let tokenizer: any Tokenizer

    /// Takes the tokenizer out of a store, a GGUF file, a Hugging Face folder, a `tokenizer.model` or a `tokenizer.json`.
    public init(path: String) throws {
        try self.init(Self.description(at: path))
    }

    init(_ description: TokenizerDescription) throws { tokenizer = try description.tokenizer() }

    /// The ids of a text.
    ///
    /// - Parameter addsMarks: whether the tokens that begin and end a text stand around it; nil does as the model says.
    public func tokens(of text: [UInt8], addsMarks: Bool? = nil) -> [Int] {
        let description = tokenizer.description
        let beginning = addsMarks ?? description.addsBeginning ? description.beginning : []
        let end = addsMarks != false && description.addsEnd ?? false ? description.endIDs.prefix(1) : []
        return beginning + tokenizer.encode(text) + end
    }

    /// The ids of a question in the model's chat template.
    ///
    /// - Throws: when the model has no template, or one that is not among those known.
    public func tokens(ofChat messages: [ChatMessage]) throws -> [Int] {
        let prompt = try ChatTemplate(tokenizer.description).prompt(for: messages)
        // Marks are never found in what somebody says, even where they are in any other text.
        guard let guarded = tokenizer.description.guardingMarks else { return try tokenizer.encode(prompt) }
        return try guarded.tokenizer().encode(prompt)
    }

    /// What does not come back from the tokens of a text.
    ///
    /// - Parameters:
    ///   - tokens: what the text became.
    ///   - isCut: whether these are only the first of them.
    public func losses(in text: [UInt8], tokens: [Int], isCut: Bool = false) -> TextLosses {
        let hasUnknown = tokenizer.description.hasUnknown(in: tokens)
        return tokenizer.losses(in: text, tokens: hasUnknown ? isCut ? tokens.count : .max : 0)
    }

    /// What a person should know of losses, in whole sentences.
    public func warnings(of losses: TextLosses) -> [String] {
        var warnings: [String] = []
        let count = losses.unknown.values.reduce(0, +)
        if count > 0, let unknown = tokenizer.description.unknownID {
            let examples = losses.unknownInOrder.prefix(5).map { "\($0 == "▁" ? " " : String($0))".debugDescription }
            let more = losses.unknownInOrder.count > examples.count ? ", …" : ""
            warnings.append(
                "\(counted(count, "character")) (\(examples.joined(separator: ", "))\(more)) "
                    + "\(count == 1 ? "is" : "are") not in the model's vocabulary and \(count == 1 ? "becomes" : "become") "
                    + "\(tokenizer.description.pieces[unknown])")
        }
        if losses.malformedBytes > 0 {
            let isOne = losses.malformedBytes == 1
            warnings.append(
                "\(counted(losses.malformedBytes, "byte")) of the text \(isOne ? "is" : "are") not UTF-8 and "
                    + "\(isOne ? "becomes" : "become") U+FFFD")
        }
        return warnings
    }

    private func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

    /// The bytes that ids stand for, as SentencePiece decodes them.
    public func bytes(of tokens: [Int]) -> [UInt8] { Array(tokenizer.decode(tokens).utf8) }

    /// A token as a person can read it: quoted text, or the piece's name when it adds none.
    public func visibleText(of token: Int) -> String {
        let pieces = tokenizer.description.pieces
        guard pieces.indices.contains(token) else { return "?" }
        switch tokenizer.description.kinds[token] {
        case .normal where tokenizer.description.kind == .byteLevelBPE:
            // Part of a character is shown as the piece that stands for it.
            let text = String(validating: tokenizer.bytes(of: token, isFirst: false), as: UTF8.self)
            return (text ?? pieces[token]).debugDescription.visible
        case .normal, .userDefined: return pieces[token].replacing("▁", with: " ").debugDescription.visible
        default: return pieces[token].visible
        }
    }

    private static func description(at path: String) throws -> TokenizerDescription {
        if FileManager.default.fileExists(atPath: path + "/data.mdb") { return try Store(at: path).tokenizer }
        return try ModelFile.tokenizer(path: path)
    }
}

extension String {
    /// With the numbers of characters that are not seen, as in `\u{9B}`.
    fileprivate var visible: String {
        guard printable != self else { return self }
        return unicodeScalars.map { scalar in
            let text = String(scalar)
            return text.printable == text ? text : "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
        }.joined()
    }
}
