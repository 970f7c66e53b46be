import ArgumentParser
import Foundation
import Profiling

struct Trace: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Work on routing traces: which experts every token visited in every layer.",
        subcommands: [TraceConvert.self])
}

struct TraceConvert: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convert",
        abstract: "Turn routing traces into another format.",
        discussion: """
            offstage is what run and score write with --trace, megatron the JSON lines of Megatron-LM's router_trace, \
            llama-cpp the rows of llama.cpp's moe-trace (with the columns layer,expert, or with \
            phase,token,layer,rank,expert, as they are written here), route-trace the CSV that begins with # route_trace v1. What a format has no \
            place for is left out, and said.
            """)

    @Argument(help: ArgumentHelp("Traces of the same model (- is standard input).", valueName: "file"))
    var files: [String]
    @Option(help: ArgumentHelp("What to write.", valueName: "format")) var to: TraceFormat
    @Option(help: ArgumentHelp("The file to write.", valueName: "file")) var out: String
    @OptionGroup(title: "Reading") var trace: TraceArguments
    @Flag(help: "Replace what is there.") var force = false
    @Flag(help: "Print one line of JSON.") var json = false

    func validate() throws {
        if files.contains("") { throw ValidationError("FILE is empty; give the path of a trace") }
        if files.count(where: { $0 == "-" }) > 1 { throw ValidationError("standard input can be read only once") }
        if out.isEmpty || out == "-" { throw ValidationError("--out wants the path of a file") }
    }

    func run() throws {
        Interruption.watch()
        if !force, FileManager.default.fileExists(atPath: out) {
            throw Complaint("\(out) is there already; --force replaces it")
        }
        let (table, format) = try read()
        let losses = try write(table)
        Terminal.note(
            "Wrote \(files.count == 1 ? TextInput.name(of: files[0]) : "\(files.count) files") (\(format.rawValue)) to "
                + "\(out) as \(to.rawValue): \(table.tokenCount) tokens, \(table.visitCount) visits in \(table.layers.count) "
                + "layers.")
        for sentence in table.remarks + losses { Terminal.note("\(sentence)") }
        if json { try Terminal.print(json: Report(table, from: format, losses: losses, of: self)) }
    }

    private func read() throws -> (table: RoutingTable, format: TraceFormat) {
        let progress = ProgressLine("Reading")
        defer { progress.clear() }
        return try TraceFile.read(
            files, options: trace.options, isCancelled: { Interruption.isRequested },
            onProgress: { progress.show(done: $0, of: $1) })
    }

    private func write(_ table: RoutingTable) throws -> [String] {
        let progress = ProgressLine("Writing", amount: { "\($0) tokens" })
        defer { progress.clear() }
        return try table.write(
            as: to, to: out, isCancelled: { Interruption.isRequested },
            onProgress: { progress.show(done: $0, of: $1) })
    }

    private struct Report: Encodable {
        var path: String
        var from: TraceFormat
        var to: TraceFormat
        var tokens: Int
        var visits: Int
        var layers: Int
        var experts: Int
        var topK: Int
        /// What could not be known of the traces that were read.
        var remarks: [String]
        /// What the format has no place for.
        var losses: [String]

        init(_ table: RoutingTable, from: TraceFormat, losses: [String], of command: TraceConvert) {
            (path, self.from, to) = (command.out, from, command.to)
            (tokens, visits) = (table.tokenCount, table.visitCount)
            (layers, experts, topK) = (table.layers.count, table.experts, table.topK)
            (remarks, self.losses) = (table.remarks, losses)
        }
    }
}
