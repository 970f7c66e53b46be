import FoundationEssentials
import Tensors

/// What a token file holds and was made from: its first 80 bytes, little-endian.
struct TokenFileHeader: Equatable {
    /// Tokens of the training part, which comes first.
    var trainingCount = 0
    var validationCount = 0
    /// The text, the way it was cut, and the share that validates.
    var sourceDigest: UInt64
    var vocabularyDigest: UInt64
    var vocabularySize: Int
    /// −log p of each part, where the text was generated and this is known.
    var trainingNats: Double?
    var validationNats: Double?
    /// CRC-32C of all tokens.
    var checksum: UInt32 = 0

    static let size = 80
    private static let magic = Array("OFFTOKEN".utf8)
    private static let version: UInt32 = 1

    var tokenCount: Int { trainingCount + validationCount }
    var bytesPerToken: Int { vocabularySize <= 1 << 16 ? 2 : 4 }

    var bytes: [UInt8] {
        var bytes = Self.magic
        func append(_ number: some FixedWidthInteger) {
            withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
        }
        append(Self.version)
        append(UInt32(bytesPerToken))
        append(UInt64(trainingCount))
        append(UInt64(validationCount))
        append(sourceDigest)
        append(vocabularyDigest)
        append((trainingNats ?? .nan).bitPattern)
        append((validationNats ?? .nan).bitPattern)
        append(UInt32(vocabularySize))
        append(checksum)
        append(bytes.withUnsafeBytes { crc32c($0) })
        append(UInt32(0))
        return bytes
    }

    /// Nil when these are not the first bytes of a token file, or not as they were written.
    init?(_ bytes: [UInt8], fileSize: Int) {
        guard bytes.count == Self.size, bytes.starts(with: Self.magic) else { return nil }
        func number<Number: FixedWidthInteger>(at offset: Int, _: Number.Type) -> Number {
            bytes.withUnsafeBytes { Number(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Number.self)) }
        }
        guard number(at: 8, UInt32.self) == Self.version,
            number(at: 72, UInt32.self) == bytes[..<72].withUnsafeBytes({ crc32c($0) }),
            let training = Int(exactly: number(at: 16, UInt64.self)),
            let validation = Int(exactly: number(at: 24, UInt64.self)),
            training <= fileSize, validation <= fileSize
        else { return nil }
        trainingCount = training
        validationCount = validation
        sourceDigest = number(at: 32, UInt64.self)
        vocabularyDigest = number(at: 40, UInt64.self)
        let nats = [48, 56].map { Double(bitPattern: number(at: $0, UInt64.self)) }
        trainingNats = nats[0].isNaN ? nil : nats[0]
        validationNats = nats[1].isNaN ? nil : nats[1]
        vocabularySize = Int(number(at: 64, UInt32.self))
        checksum = number(at: 68, UInt32.self)
        guard number(at: 12, UInt32.self) == bytesPerToken, Self.size + tokenCount * bytesPerToken == fileSize else {
            return nil
        }
    }

    init(sourceDigest: UInt64, vocabularyDigest: UInt64, vocabularySize: Int) {
        self.sourceDigest = sourceDigest
        self.vocabularyDigest = vocabularyDigest
        self.vocabularySize = vocabularySize
    }
}
