import ModelFiles
package import Tensors

/// Generated text of several domains whose entropy is known, so that a loss can be held against the best one possible.
package struct ToyCorpus: Sendable {
    package let domains: [any ToyDomain]
    /// Bytes of each domain, to the end of the last document.
    package let bytesPerDomain: Int
    package let seed: UInt64

    /// All there are.
    package static let allDomains: [any ToyDomain] = [
        Stories(), Arithmetic(), Brackets(), Dates(), Sorting(), Copying(), Counting(),
    ]

    /// - Parameter names: domains, each once, or nil for all.
    /// - Throws: when one is not known.
    package init(_ names: [String]? = nil, bytesPerDomain: Int, seed: UInt64) throws {
        let known = Self.allDomains
        domains = try (names ?? known.map(\.name)).map { name in
            guard let domain = known.first(where: { $0.name == name }) else {
                throw ModelFileError(
                    path: name, problem: "is no domain of the toy corpus",
                    remedy: "There are \(known.map(\.name).joined(separator: ", "))")
            }
            return domain
        }
        self.bytesPerDomain = bytesPerDomain
        self.seed = seed
    }

    /// The documents of a domain: the same for the same seed, whatever other domains there are.
    func documents(of domain: any ToyDomain) -> some Sequence<(text: [UInt8], nats: Double)> {
        var digest = SourceDigest()
        digest.combine(domain.name.utf8)
        var random = RandomNumbers(seed: seed, stream: digest.value)
        var bytes = 0
        return AnyIterator { () -> (text: [UInt8], nats: Double)? in
            guard bytes < bytesPerDomain else { return nil }
            var text: [UInt8] = []
            let nats = domain.write(into: &text, using: &random)
            bytes += text.count
            return (text, nats)
        }
    }
}

/// A kind of text that is made up by chance.
package protocol ToyDomain: Sendable {
    var name: String { get }
    /// The entropy of a document and its mean length, exactly.
    var entropy: DocumentEntropy { get }
    /// Adds a document, in ASCII and without a blank line; returns −log p of it in nats.
    ///
    /// No document can come about in two ways, so that this is also minus the logarithm of the chance of its text.
    func write(into text: inout [UInt8], using random: inout RandomNumbers) -> Double
}
