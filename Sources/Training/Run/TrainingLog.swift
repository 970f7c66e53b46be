import Files
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
    ///
    /// Lines that are no entries, whoever wrote them, stay as they are.
    init(path: String, upTo step: Int) throws {
        self.path = path
        let lines = try Self.lines(of: path)
        let kept = lines.filter { $0.entry.map { $0.step <= step } ?? !$0.isCutOff }
        // What is kept ends with a line end, lest the next entry be glued to it.
        let text = kept.flatMap { $0.bytes + [Self.lineEnd] }
        do throws(SystemError) { try UnfinishedFile.write(text, to: path) } catch { throw unwritable(error) }
    }

    func append(_ entry: LogEntry) throws {
        var line = Array(try Self.line(entry).utf8)[...]
        let file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw unwritable(SystemError()) }
        defer { close(file) }
        while !line.isEmpty {
            let count = line.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw unwritable(SystemError()) }
            line = line.dropFirst(count)
        }
    }

    /// All entries; what is none is left out.
    static func read(path: String) throws -> [LogEntry] { try lines(of: path).compactMap(\.entry) }

    private func unwritable(_ error: SystemError) -> TrainingError {
        let wayOut = error.isLackOfRoom ? "Make room" : "Mend that"
        return TrainingError(
            "\(path) cannot be written: \(error). \(wayOut), and the same command goes on from the last checkpoint")
    }

    private struct Line {
        let bytes: [UInt8]
        /// Nil when it is none.
        let entry: LogEntry?
        /// Whether it is what a program that was stopped in the middle of an entry leaves.
        let isCutOff: Bool
    }

    private static let lineEnd = UInt8(ascii: "\n")

    private static func lines(of path: String) throws -> [Line] {
        guard access(path, F_OK) == 0 || errno != ENOENT else { return [] }
        let text: Data
        do {
            text = try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            let reason = ((error as? CocoaError)?.underlying as? POSIXError).map {
                String(cString: strerror($0.code.rawValue))
            }
            throw TrainingError("\(path) cannot be read: \(reason ?? error.localizedDescription)")
        }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        var lines = text.split(separator: lineEnd, omittingEmptySubsequences: false).map(Array.init)
        let rest = lines.popLast() ?? []
        return lines.map { Line(bytes: $0, entry: try? decoder.decode(LogEntry.self, from: Data($0)), isCutOff: false) }
            + (rest.isEmpty ? [] : [rest]).map { rest in
                let entry = try? decoder.decode(LogEntry.self, from: Data(rest))
                return Line(bytes: rest, entry: entry, isCutOff: entry == nil && rest.starts(with: "{\"".utf8))
            }
    }

    private static func line(_ entry: LogEntry) throws -> String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = .sortedKeys
        return String(decoding: try encoder.encode(entry), as: UTF8.self) + "\n"
    }
}
