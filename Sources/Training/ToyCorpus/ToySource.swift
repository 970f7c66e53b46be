import ModelFiles

/// A generated domain: the documents from the start on train, those after them validate.
struct ToySource: TextSource {
    private let toy: ToyCorpus
    private let domain: any ToyDomain
    private let trainingBytes: Int

    init(_ toy: ToyCorpus, domain: any ToyDomain, validationShare: Double) {
        self.toy = toy
        self.domain = domain
        trainingBytes = Int(Double(toy.bytesPerDomain) * (1 - validationShare))
    }

    var name: String { domain.name }
    var size: Int { toy.bytesPerDomain }

    /// Takes in how the text begins, so that it changes with the generator.
    var digest: UInt64 {
        var digest = SourceDigest()
        digest.combine("toy \(domain.name)".utf8)
        for number in [toy.bytesPerDomain, Int(truncatingIfNeeded: toy.seed), trainingBytes] { digest.combine(number) }
        for document in toy.documents(of: domain).prefix(20) { digest.combine(document.text) }
        for number in [domain.entropy.nats, domain.entropy.characters] {
            digest.combine(Int(truncatingIfNeeded: number.bitPattern))
        }
        return digest.value
    }

    func forEachPiece(of part: Corpus.Part, _ body: (TextPiece) throws -> Void) throws {
        var bytes = 0
        for document in toy.documents(of: domain) {
            let isTraining = bytes < trainingBytes
            bytes += document.text.count
            if isTraining != (part == .training) {
                if part == .training { return }
                continue
            }
            try body(TextPiece(bytes: document.text, beginsDocument: true, endsDocument: true, nats: document.nats))
        }
    }
}
