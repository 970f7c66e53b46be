/// One kind of text in a corpus.
package struct Domain: Sendable, Codable, Equatable {
    package let name: String
    package let trainingTokens: Int
    package let validationTokens: Int
    /// The share of sequences that are drawn from it. All weights make 1.
    package let weight: Double
    /// Where the text is generated: how little of it can be foreseen.
    package let entropy: Entropy?

    package struct Entropy: Sendable, Codable, Equatable {
        /// Of the generator, exactly.
        package let document: DocumentEntropy
        /// −log p of the very documents in each part, in nats.
        package let trainingNats: Double
        package let validationNats: Double
    }

    /// The best mean loss on the validation part, in nats per token: that of a model which knows the generator and sees
    /// each document from its start. A bounded context can only do worse, a loss below it has learned the part by heart.
    package var bestValidationLoss: Double? {
        guard let entropy, validationTokens > 1 else { return nil }
        return entropy.validationNats / Double(validationTokens - 1)
    }
}

/// How much there is to know in a document of some kind.
package struct DocumentEntropy: Sendable, Codable, Equatable {
    /// The entropy of a whole document.
    package let nats: Double
    /// The mean length of a document, without what ends it.
    package let characters: Double

    package init(nats: Double, characters: Double) {
        self.nats = nats
        self.characters = characters
    }

    /// The entropy rate, in nats per character, of documents one after the other, where `ending` characters or marks
    /// (which are certain once the document is over) stand between two.
    package func perCharacter(ending: Int = 0) -> Double { nats / (characters + Double(ending)) }
}
