import Files
import ModelFiles

/// Finds the vocabulary that was asked for, in the text where it comes from there.
struct VocabularyBuilder {
    let sources: [any TextSource]
    let folder: String
    let progress: (CorpusProgress) -> Void
    let isCancelled: () -> Bool

    /// Bytes of a domain that byte pairs are learned from.
    private static let sample = 1 << 26

    func description(for choice: TokenizerChoice) throws -> TokenizerDescription {
        switch choice {
        case .characters: try kept(as: "characters") { try .characters(characters()) }
        case .bytes: .bytes
        case .bytePairs(let pieces):
            try kept(as: "bpe\(try Self.checked(pieces))") { try bytePairs(pieces) }
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

    /// The vocabulary of this name and this text, as it is kept in the folder or made anew.
    private func kept(
        as name: String, or make: () throws -> TokenizerDescription
    ) throws -> TokenizerDescription {
        var digest = SourceDigest()
        for source in sources { digest.combine(Int(truncatingIfNeeded: source.digest)) }
        let path = "\(folder)/\(name)-\(digest.hexadecimal).model"
        if let kept = try? SentencePieceModel(path: path).description { return kept }
        let description = try make()
        do throws(SystemError) {
            try UnfinishedFile.write(SentencePieceModel.bytes(of: description), to: path)
        } catch {
            throw ModelFileError(path: path, problem: "cannot be written: \(error)")
        }
        return description
    }

    private static func checked(_ pieces: Int) throws -> Int {
        guard pieces >= BytePairTrainer.smallest else {
            throw ModelFileError(
                path: "bpe:\(pieces)", problem: "is too small: 256 bytes and 3 special pieces are part of it",
                remedy: "Ask for bpe:\(BytePairTrainer.smallest) at least; a few hundred more are useful")
        }
        return pieces
    }

    /// Byte pairs of the training part.
    private func bytePairs(_ size: Int) throws -> TokenizerDescription {
        var trainer = BytePairTrainer()
        for source in sources {
            var read = 0
            try source.forEachPiece(of: .training) { piece in
                guard read < Self.sample else { return }
                if isCancelled() { throw CancellationError() }
                try trainer.add(piece.bytes)
                read += piece.bytes.count
            }
            progress(CorpusProgress(stage: .vocabulary, domain: source.name, share: 1))
        }
        return trainer.description(size: size)
    }
}
