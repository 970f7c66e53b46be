package import ModelFiles

/// The vocabulary that a corpus is cut with.
package enum TokenizerChoice: Sendable, Equatable {
    /// The characters of the corpus.
    case characters
    /// The 256 bytes.
    case bytes
    /// Byte pairs learned from the training part, so many pieces in all if the text has them.
    case bytePairs(pieces: Int)
    /// A `tokenizer.model` of SentencePiece.
    case file(path: String)
    /// One that is already known.
    case description(TokenizerDescription)

    /// From the way it is written on a command line: `characters`, `bytes`, `bpe:1000`, or the path of a `.model` file.
    package init?(argument: String) {
        switch argument {
        case "characters": self = .characters
        case "bytes": self = .bytes
        case _ where argument.hasSuffix(".model"): self = .file(path: argument)
        default:
            guard argument.hasPrefix("bpe:"), let pieces = Int(argument.dropFirst(4)), pieces > 0 else { return nil }
            self = .bytePairs(pieces: pieces)
        }
    }

    /// The opposite of ``init(argument:)``; nil for a description, which has no name.
    package var argument: String? {
        switch self {
        case .characters: "characters"
        case .bytes: "bytes"
        case .bytePairs(let pieces): "bpe:\(pieces)"
        case .file(let path): path
        case .description: nil
        }
    }

    /// Whether files that are no text can be read with it.
    var takesAnyBytes: Bool {
        switch self {
        case .bytes: true
        case .characters, .bytePairs, .file: false
        case .description(let description): (try? BulkEncoder(description).takesAnyBytes) ?? false
        }
    }
}
