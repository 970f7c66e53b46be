import Glibc
import ModelFiles
import Tensors

/// The tokens of one domain in a file of their own, mapped into memory and read only where they are used.
final class TokenFile: @unchecked Sendable {  // The mapping is read-only and lives as long as its owner.
    let header: TokenFileHeader
    private let mapping: UnsafeRawBufferPointer

    /// Opens a file that was made from this text with this vocabulary.
    ///
    /// - Returns: nil when there is none, or one that was made from something else, or is damaged.
    init?(path: String, matching wanted: TokenFileHeader) throws {
        guard let file = try? InputFile(path: path), file.size >= TokenFileHeader.size,
            let header = try TokenFileHeader(file.bytes(at: 0, count: TokenFileHeader.size), fileSize: file.size),
            header.sourceDigest == wanted.sourceDigest, header.vocabularyDigest == wanted.vocabularyDigest,
            header.vocabularySize == wanted.vocabularySize
        else { return nil }
        self.header = header
        mapping = try Self.map(file)
        guard isIntact else { return nil }
    }

    deinit { munmap(UnsafeMutableRawPointer(mutating: mapping.baseAddress), mapping.count) }

    /// Some tokens of a part.
    func tokens(_ part: Corpus.Part, _ range: Range<Int>) -> [Int] {
        let count = count(of: part)
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "tokens \(range) of \(count)")
        let first = part == .training ? 0 : header.trainingCount
        return range.map { token(first + $0) }
    }

    func count(of part: Corpus.Part) -> Int {
        part == .training ? header.trainingCount : header.validationCount
    }

    /// Whether there are two tokens that differ.
    var varies: Bool { (0..<header.tokenCount).contains { token($0) != token(0) } }

    /// How often each token of the vocabulary comes in the training part.
    func trainingCounts() -> [Int] {
        var counts = Array(repeating: 0, count: header.vocabularySize)
        for index in 0..<header.trainingCount { counts[token(index)] += 1 }
        return counts
    }

    private func token(_ index: Int) -> Int {
        let offset = TokenFileHeader.size + index * header.bytesPerToken
        return header.bytesPerToken == 2
            ? Int(UInt16(littleEndian: mapping.loadUnaligned(fromByteOffset: offset, as: UInt16.self)))
            : Int(UInt32(littleEndian: mapping.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
    }

    /// Whether all tokens are as they were written and in the vocabulary.
    private var isIntact: Bool {
        let tokens = UnsafeRawBufferPointer(rebasing: mapping[TokenFileHeader.size...])
        guard crc32c(tokens) == header.checksum else { return false }
        return (0..<header.tokenCount).allSatisfy { token($0) < header.vocabularySize }
    }

    private static func map(_ file: InputFile) throws -> UnsafeRawBufferPointer {
        let descriptor = open(file.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw file.error("cannot be opened: \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_size == file.size else {
            throw file.error("was replaced while it was opened", "Start again")
        }
        let address = mmap(nil, file.size, PROT_READ, MAP_SHARED, descriptor, 0)
        guard let address, address != MAP_FAILED else {
            throw file.error("cannot be mapped into memory: \(String(cString: strerror(errno)))")
        }
        return UnsafeRawBufferPointer(start: address, count: file.size)
    }
}
