import ModelFiles

/// Finds the vocabulary that was asked for, in the text where it comes from there.
struct VocabularyBuilder {
    let sources: [any TextSource]
    let folder: String
    let progress: (CorpusProgress) -> Void
    let isCancelled: () -> Bool

    func description(for choice: TokenizerChoice) throws -> TokenizerDescription {
        switch choice {
        case .characters: try .characters(characters())
        case .bytes: .bytes
        case .bytePairs(let pieces): try bytePairs(pieces)
        case .file(let path): try SentencePieceModel(path: path).description
        case .description(let description): description
        }
    }

    /// The characters of both parts of all domains.
    private func characters() throws -> Set<Unicode.Scalar> {
        var found = CharacterCensus()
        for source in sources {
            for part in Corpus.Part.allCases {
                try source.forEachPiece(of: part) { piece in
                    if isCancelled() { throw CancellationError() }
                    try found.insert(charactersOf: piece.bytes)
                }
            }
        }
        let characters = found.characters
        guard characters.count > 1 else {
            let only = characters.first.map { String($0).debugDescription } ?? "no character"
            throw ModelFileError(
                path: sources.map(\.name).joined(separator: ", "), problem: "has \(only) and nothing else",
                remedy: "Give a text that has something to learn in it")
        }
        return characters
    }

    private func bytePairs(_ pieces: Int) throws -> TokenizerDescription {
        throw ModelFileError(path: "bpe", problem: "is not there yet")
    }
}
