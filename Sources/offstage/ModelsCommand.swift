import ArgumentParser
import Foundation
import Inference
import ModelFiles
import Offload
import Profiling

struct Models: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The packed models there are.",
        discussion: """
            Lists the stores in --experts-dir or, without it, in ./experts and in $XDG_DATA_HOME/offstage \
            (~/.local/share/offstage), where `run` packs what it is given as a file: their sizes, formats, the least --ram that \
            works with 512 positions, and what they were packed from.
            """)

    @OptionGroup var home: HomeOptions
    @Flag(help: "Print one line of JSON.") var json = false

    func run() throws {
        Interruption.watch()
        let library = home.library
        let models = try Interruption.endingAtOnce { library.entries.map(ListedModel.init) }
        if json { return try Terminal.print(json: ["models": models]) }
        guard !models.isEmpty else {
            return Terminal.note("No model is packed in \(library.folders.joined(separator: " or ")).")
        }
        for folder in library.folders {
            let here = models.filter { $0.path == folder + "/" + $0.name }
            if !here.isEmpty { Terminal.print("\(folder.printable)\n\(Self.table(of: here))") }
        }
    }

    private static func table(of models: [ListedModel]) -> String {
        let rows =
            [["NAME", "SIZE", "FORMAT", "LEAST --ram", "PACKED FROM"]]
            + models.map {
                [$0.name, formatted(bytes: $0.bytes), $0.formatText, $0.leastText, $0.sourceText].map(\.printable)
            }
        let widths = rows[0].indices.dropLast().map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = zip(row, widths).map { $0.padding(toLength: $1, withPad: " ", startingAt: 0) }
            return "  " + (cells + [row[row.count - 1]]).joined(separator: "  ") + "\n"
        }.joined()
    }
}

/// A packed model as it is listed.
private struct ListedModel: Encodable {
    enum State: String, Encodable {
        case complete, incomplete, packing, unreadable
    }
    enum Source: String, Encodable {
        /// As it was when it was packed; changed since; no longer there; nobody knows.
        case present, changed, gone, unknown
    }

    var name: String
    var path: String
    var bytes: Int
    var state: State
    /// Why it cannot be used, if it cannot.
    var problem: String?
    /// Those of the experts' weights.
    var formats: [String]
    var smallestBudget: Int?
    var source: String?
    var sourceState: Source

    init(_ entry: StoreEntry) {
        (name, path, bytes, source) = (entry.name, entry.path, entry.bytes, entry.origin?.path)
        (state, formats) = (.complete, [])
        sourceState = Self.state(of: entry.origin)
        do {
            let summary = try ModelSummary(path: entry.path, options: SessionOptions())
            formats = summary.expertFormats.keys.sorted()
            smallestBudget = summary.memory.smallestBudget
        } catch {
            let reason = (error as? StoreError)?.reason
            state =
                entry.isBeingPacked ? .packing : reason == .incomplete || !entry.isComplete ? .incomplete : .unreadable
            problem = "\(error)"
        }
    }

    private static func state(of origin: StoreOrigin?) -> Source {
        guard let origin else { return .unknown }
        guard let location = try? ModelFile.location(of: origin.path), let mark = try? SourceMark(path: location) else {
            return .gone
        }
        return mark.digits == origin.mark ? .present : .changed
    }

    var formatText: String {
        switch state {
        case .complete: formats.joined(separator: " ")
        case .packing: "(is being packed)"
        case .incomplete, .unreadable: "(\(state.rawValue))"
        }
    }

    var leastText: String { smallestBudget.map(formatted(bytes:)) ?? "" }

    var sourceText: String {
        guard let source else { return "" }
        return source + (sourceState == .present ? "" : " (\(sourceState.rawValue))")
    }
}
