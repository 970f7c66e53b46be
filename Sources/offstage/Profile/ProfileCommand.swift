import ArgumentParser
import Foundation
import Profiling

struct Profile: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Which experts work and which idle; what a cache would gain.",
        discussion: """
            Looks at one of

              offstage profile MODEL --text FILE…   a model that reads texts
              offstage profile RUN                  the checkpoints of a training run
              offstage profile --trace FILE…        what was recorded while a model worked

            and prints what matters most first. --html writes a page with all of it, --json prints it as one line. \
            --against sets a second one of these beside it, or a report saved with --json.

            Each text file is a domain, and so is each file and each sub-folder of a folder; lines of JSON (.jsonl) hold a \
            text and perhaps a domain. A model reads them in windows of --context tokens, 512 unless told; a \
            training run reads its own validation text. Traces may be offstage's own, Megatron's router_trace, \
            llama.cpp's moe-trace or route_trace v1.
            """)

    @Argument(
        help: ArgumentHelp(
            "A packed model, a GGUF file or a Hugging Face folder, or the folder of a training run.", valueName: "model"
        ))
    var subject: String?
    @Option(
        parsing: .upToNextOption, help: ArgumentHelp("Texts that the model reads: files or folders.", valueName: "file")
    )
    var text: [String] = []
    @Option(parsing: .upToNextOption, help: ArgumentHelp("Traces of one model to read.", valueName: "file"))
    var trace: [String] = []
    @Option(
        help: ArgumentHelp(
            "What to compare with: a trace, a report (.json), a training run, or a model for the same texts.",
            valueName: "path"))
    var against: String?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Tokens to look at, shared among the domains. (default: 65536 of texts, 32768 of a training run)",
            valueName: "count"))
    var tokens: Int?
    @Option(help: ArgumentHelp("Write the whole report as a page for a browser.", valueName: "file"))
    var html: String?
    @Flag(help: "Print everything as one line of JSON, and no summary.")
    var json = false

    @OptionGroup(title: "Reading traces") var reading: TraceArguments
    @OptionGroup(title: "Memory and speed") var session: SessionArguments
    @OptionGroup var home: HomeOptions

    func validate() throws {
        switch (subject, text.isEmpty, trace.isEmpty) {
        case (nil, _, true): throw ValidationError("Say what to profile: MODEL with --text, a training run, or --trace")
        case (nil, false, false): throw ValidationError("--text needs a MODEL, and --trace needs none")
        case (_?, _, false): throw ValidationError("A trace is profiled without a model; leave out either")
        case (nil, _, false) where session.work.expertsPerToken != nil:
            throw ValidationError("--experts-per-token is for a model that reads texts; a trace has its own number")
        default: break
        }
        try Limits.check("--tokens", tokens, 1...Limits.positions)
        if against == "" { throw ValidationError("--against is empty") }
        if html == "" { throw ValidationError("--html is empty; it wants the path of a file") }
    }

    func run() throws {
        Interruption.watch()
        let page = html.map { TextFile($0, holds: "the report") }
        try page?.checkWritable(sparing: trace + text + [against].compactMap(\.self))
        let own = try source.report()
        let other = try against.map { try source(named: $0).report() }
        let content = try Interruption.endingAtOnce {
            let report = other.map(own.compared) ?? own
            try show(report, against: other)
            return page == nil ? "" : ReportPage(report, against: other).html
        }
        guard let page else { return }
        try page.write(content)
        Terminal.note("Report: \(page.path)")
    }

    private func show(_ report: RoutingReport, against other: RoutingReport?) throws {
        if json {
            try Terminal.print(json: ComparedReport(report: report, against: other))
        } else {
            let text = ReportText(
                report, against: other, width: Terminal.columns, usesColor: Terminal.takesColor)
            Terminal.print(text.text)
        }
    }

    private var source: ProfileSource {
        get throws {
            guard let subject else { return .trace(trace, reading.options) }
            return try source(of: subject)
        }
    }

    private func source(named path: String) throws -> ProfileSource {
        if path.hasSuffix(".json") { return .report(path) }
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        if exists, !isFolder.boolValue, !path.hasSuffix(".gguf") { return .trace([path], reading.options) }
        return try run(named: path).map(source(ofRun:)) ?? source(of: path)
    }

    /// A model or a training run.
    private func source(of name: String) throws -> ProfileSource {
        if let run = run(named: name) {
            guard text.isEmpty else {
                throw Complaint(
                    "\(name) is a training run, which is profiled on its own validation text. For other texts pack it: "
                        + "offstage pack \(run.shellPath)\(home.flag)")
            }
            return try source(ofRun: run)
        }
        let path = try home.storePath(of: name)
        guard !text.isEmpty else { throw Complaint("\(name) is a model; say with --text what to profile it on") }
        return .model(path, texts: text, tokens: tokens ?? 65_536, session)
    }

    private func source(ofRun path: String) throws -> ProfileSource {
        guard session.work.expertsPerToken == nil else {
            throw Complaint("\(path) is a training run; --experts-per-token is for a packed model that reads texts")
        }
        return .run(path, tokens: tokens ?? 32_768, threads: session.threads)
    }

    /// The folder of a training run: itself, or the one where `train` puts a run of that name. A packed model goes first.
    private func run(named name: String) -> String? {
        guard home.store(named: name) == nil else { return nil }
        return [name, home.path(of: "training/\(name)")].first {
            FileManager.default.fileExists(atPath: $0 + "/recipe.json")
        }
    }
}

/// A report and the one that it is held against, as one object.
private struct ComparedReport: Encodable {
    let report: RoutingReport
    let against: RoutingReport?

    private enum CodingKeys: String, CodingKey { case against }

    func encode(to encoder: any Encoder) throws {
        try report.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(against, forKey: .against)
    }
}
