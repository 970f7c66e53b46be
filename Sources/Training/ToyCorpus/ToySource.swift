import ModelFiles

/// A generated domain: the documents from the start on train, those after them validate.
struct ToySource: TextSource {
    private let toy: ToyCorpus
    private let domain: any ToyDomain
    private let trainingBytes: Int

    /// Changes with every change of what the generators write.
    private static let version = 1

    init(_ toy: ToyCorpus, domain: any ToyDomain, validationShare: Double) {
        self.toy = toy
        self.domain = domain
        trainingBytes = Int(Double(toy.bytesPerDomain) * (1 - validationShare))
    }

    var name: String { domain.name }
    var size: Int { toy.bytesPerDomain }

    var digest: UInt64 {
        var digest = SourceDigest()
        digest.combine("toy \(domain.name)".utf8)
        for number in [Self.version, toy.bytesPerDomain, Int(truncatingIfNeeded: toy.seed), trainingBytes] {
            digest.combine(number)
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
