import Files
import Glibc
import ModelFiles
import Tensors

/// Writes a token file from front to back under a temporary name; ``finish()`` gives it its own.
///
/// Without it nothing of the file stays.
struct TokenFileWriter: ~Copyable {
    private var header: TokenFileHeader
    private let path: String
    private var file: UnfinishedFile
    private var buffer: [UInt8] = []
    /// Whether nothing was written, so that the header's place is in the buffer.
    private var isAtStart = true

    private static let bufferSize = 1 << 20

    init(path: String, header: TokenFileHeader) throws {
        do throws(SystemError) {
            file = try UnfinishedFile(path: path)
        } catch {
            throw Self.error(path, "cannot be written", error)
        }
        self.path = path
        self.header = header
        buffer = Array(repeating: 0, count: TokenFileHeader.size)
    }

    /// Adds tokens to a part; the training part comes first.
    mutating func append(_ tokens: [Int32], to part: Corpus.Part) throws {
        if header.bytesPerToken == 2 {
            for token in tokens { append(UInt16(token)) }
        } else {
            for token in tokens { append(UInt32(token)) }
        }
        switch part {
        case .training:
            precondition(header.validationCount == 0, "training tokens after \(header.validationCount) of validation")
            header.trainingCount += tokens.count
        case .validation: header.validationCount += tokens.count
        }
        if buffer.count >= Self.bufferSize { try flush() }
    }

    mutating func add(nats: Double, to part: Corpus.Part) {
        switch part {
        case .training: header.trainingNats = (header.trainingNats ?? 0) + nats
        case .validation: header.validationNats = (header.validationNats ?? 0) + nats
        }
    }

    /// Makes the file last and gives it its name; a file that had the name is replaced.
    mutating func finish() throws {
        try flush()
        do throws(SystemError) {
            let bytes = header.bytes
            guard pwrite(file.descriptor, bytes, bytes.count, 0) == bytes.count else { throw SystemError() }
            try file.finish()
        } catch {
            throw Self.error(path, "cannot be completed", error)
        }
    }

    private mutating func append(_ number: some FixedWidthInteger) {
        withUnsafeBytes(of: number.littleEndian) { buffer += $0 }
    }

    private mutating func flush() throws {
        let tokens = isAtStart ? buffer[TokenFileHeader.size...] : buffer[...]
        header.checksum = tokens.withUnsafeBytes { crc32c($0, seed: header.checksum) }
        isAtStart = false
        do throws(SystemError) {
            try file.write(buffer)
        } catch {
            throw Self.error(path, "cannot be written", error)
        }
        buffer.removeAll(keepingCapacity: true)
    }

    private static func error(_ path: String, _ problem: String, _ failure: SystemError) -> ModelFileError {
        ModelFileError(
            path: path, problem: "\(problem): \(failure)",
            remedy: failure.isLackOfRoom ? "Make room, or choose another folder for what is kept" : nil)
    }
}
