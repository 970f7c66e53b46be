import Foundation

/// What a run writes down as it goes: one line of JSON for each entry.
package struct LogEntry: Codable, Sendable, Equatable {
    /// Steps done.
    package var step: Int
    /// Of the last step: nats per token, and the routers' own losses by name, unweighted.
    package var crossEntropy: Double?
    package var terms: [String: Double]?
    /// Cross-entropy and all terms times their coefficients.
    package var loss: Double?
    package var gradientNorm: Double?
    package var learningRate: Double?
    package var tokensPerSecond: Double?
    /// The greatest load of an expert over the mean, for each layer, of the visits since the last entry.
    package var maxOverMean: [Double]?
    /// Visits that a capacity turned away, as a share of all.
    package var dropRate: Double?
    /// In nats per token, always as a generated text meets the routers.
    package var validationLoss: Double?
    package var validationLossByDomain: [String: Double]?
    /// The share of the probe's tokens whose first expert changed since the last validation, for each layer.
    package var fluctuation: [Double]?

    package init(step: Int) { self.step = step }
}

/// The file of log entries.
struct TrainingLog {
    private let path: String

    /// Opens the log of a run that goes on after `step`; later entries, of a run that was cut off, go.
    init(path: String, upTo step: Int) throws {
        self.path = path
        let kept = try Self.read(path: path).filter { $0.step <= step }
        try Data(kept.map(Self.line).joined().utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    }

    func append(_ entry: LogEntry) throws {
        var line = Array(try Self.line(entry).utf8)[...]
        let file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
        defer { if file >= 0 { close(file) } }
        while !line.isEmpty {
            let count = line.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
            guard count > 0 else {
                throw TrainingError(
                    "\(path) cannot be written: \(String(cString: strerror(errno))). Make room, and the same command goes "
                        + "on from the last checkpoint")
            }
            line = line.dropFirst(count)
        }
    }

    /// All entries; a last line that was cut off is left out.
    static func read(path: String) throws -> [LogEntry] {
        guard let data = FileManager.default.contents(atPath: path) else { return [] }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return data.split(separator: UInt8(ascii: "\n")).compactMap { try? decoder.decode(LogEntry.self, from: $0) }
    }

    private static func line(_ entry: LogEntry) throws -> String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = .sortedKeys
        return String(decoding: try encoder.encode(entry), as: UTF8.self) + "\n"
    }
}
