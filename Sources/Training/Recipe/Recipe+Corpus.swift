import ModelFiles

extension Recipe {
    /// What the recipe says to read, cut into tokens.
    ///
    /// - Parameter cacheFolder: where tokens are kept.
    /// - Throws: ``TrainingError`` when the recipe is at fault, and what reading the texts throws.
    func corpus(
        cacheFolder: String, progress: @escaping (CorpusProgress) -> Void, isCancelled: @escaping () -> Bool
    ) throws -> Corpus {
        let corpus = try Corpus(
            material, tokenizer: tokenizerChoice, validationShare: validationShare, cacheFolder: cacheFolder,
            weights: domainWeights ?? [:], progress: progress, isCancelled: isCancelled)
        try corpus.check(context: context)
        return corpus
    }

    private var material: Corpus.Material {
        get throws {
            data == [Self.toyData] ? .toy(try ToyCorpus(bytesPerDomain: toyBytes, seed: seed)) : .files(data)
        }
    }

    var tokenizerChoice: TokenizerChoice {
        get throws {
            if tokenizer == "bpe" { return .bytePairs(pieces: vocabulary) }
            if let choice = TokenizerChoice(argument: tokenizer) { return choice }
            throw TrainingError(
                "tokenizer is \(tokenizer.debugDescription); known are characters, bytes, bpe, and the path of a "
                    + "SentencePiece .model file")
        }
    }
}
