extension TokenizerDescription {
    /// The vocabulary that a file holds as SentencePiece's model, filled up with unused pieces to as many tokens as the
    /// weights know (as llama.cpp's converter does).
    ///
    /// - Throws: ``ModelFileError`` for `file` when it cannot be used, or has more pieces than that.
    init(sentencePiece bytes: [UInt8], for vocabularySize: Int, of file: InputFile) throws {
        do throws(TokenizerError) {
            self = try SentencePieceModel(bytes: bytes, name: file.path).description
        } catch {
            throw file.error("is no vocabulary that can be used: \(error.finding)", error.wayOut)
        }
        guard pieces.count <= vocabularySize else {
            throw file.error("has \(pieces.count) pieces, but the model knows \(vocabularySize) tokens")
        }
        for id in pieces.count..<vocabularySize {
            pieces.append(Self.padding(id))
            scores.append(-10_000)
            kinds.append(.unused)
        }
    }

    /// The piece that stands for a token without a piece of its own.
    static func padding(_ id: Int) -> String { "[PAD\(id)]" }
}
