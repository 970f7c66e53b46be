import FoundationEssentials
package import Mixture
package import ModelFiles
package import Tensors

/// What a store says about itself.
package struct StoreManifest: Codable, Sendable, Equatable {
    /// The newest version of the store that this program reads.
    package static let currentVersion = 3

    /// The oldest version whose programs run such a model rightly.
    package var formatVersion: Int
    package var name: String
    package var architecture: Architecture
    /// The experts of each layer.
    package var experts: [ExpertShape]
    /// Bytes that tiles are cut to (``ExpertLayout``).
    package var tileBytes: Int
    /// The format of each dense tensor, by ``TensorRole/name``.
    package var dense: [String: WeightFormat]
    /// ``ModelSource/digest`` of the model it was packed from.
    package var sourceDigest: String
    package var tokenizer: TokenizerDescription.Kind
    /// The program that packed it.
    package var createdBy: String
    /// False until the last record is there.
    package var isComplete: Bool

    /// Whether packing may go on in a store with this manifest.
    func isContinued(by other: StoreManifest) -> Bool {
        var other = other
        other.isComplete = isComplete
        other.createdBy = createdBy
        return self == other
    }

    /// Which model it is, in few words: the same where names, shapes, formats and the source are.
    package var identity: String {
        get throws {
            var manifest = self
            manifest.createdBy = ""
            let checksum = try manifest.encoded().withUnsafeBytes { crc32c($0) }
            return "\(name) \(String(checksum, radix: 16))"
        }
    }

    func encoded() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return try Array(encoder.encode(self))
    }
}
