import Glibc
import ModelFiles
import Tensors

/// Writes a token file from front to back under a temporary name; ``finish()`` gives it its own.
///
/// Without it nothing of the file stays.
struct TokenFileWriter: ~Copyable {
    private var header: TokenFileHeader
    private let path: String
    private let temporaryPath: String
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    /// Whether nothing was written, so that the header's place is in the buffer.
    private var isAtStart = true
    private var isFinished = false

    private static let bufferSize = 1 << 20

    init(path: String, header: TokenFileHeader) throws {
        let temporaryPath = "\(path).\(getpid()).partial"
        let descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Self.error(path, "cannot be written") }
        self.path = path
        self.header = header
        self.temporaryPath = temporaryPath
        self.descriptor = descriptor
        buffer = Array(repeating: 0, count: TokenFileHeader.size)
    }

    deinit {
        close(descriptor)
        if !isFinished { unlink(temporaryPath) }
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
        let bytes = header.bytes
        guard bytes.withUnsafeBytes({ pwrite(descriptor, $0.baseAddress, $0.count, 0) }) == bytes.count,
            fsync(descriptor) == 0, rename(temporaryPath, path) == 0
        else { throw Self.error(path, "cannot be completed") }
        isFinished = true
    }

    private mutating func append(_ number: some FixedWidthInteger) {
        withUnsafeBytes(of: number.littleEndian) { buffer += $0 }
    }

    private mutating func flush() throws {
        let tokens = isAtStart ? buffer[TokenFileHeader.size...] : buffer[...]
        header.checksum = tokens.withUnsafeBytes { crc32c($0, seed: header.checksum) }
        isAtStart = false
        let (descriptor, path) = (descriptor, path)
        try buffer.withUnsafeBytes { bytes in
            var done = 0
            while done < bytes.count {
                let count = write(descriptor, bytes.baseAddress! + done, bytes.count - done)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw Self.error(path, "cannot be written") }
                done += count
            }
        }
        buffer.removeAll(keepingCapacity: true)
    }

    private static func error(_ path: String, _ problem: String) -> ModelFileError {
        let code = errno
        return ModelFileError(
            path: path, problem: "\(problem): \(String(cString: strerror(code)))",
            remedy: code == ENOSPC ? "Make room, or choose another folder for what is kept" : nil)
    }
}
