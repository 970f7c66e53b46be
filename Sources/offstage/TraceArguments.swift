import ArgumentParser
import Profiling

/// What a trace does not say of itself, or says wrongly.
struct TraceArguments: ParsableArguments {
    @Option(
        name: [.customLong("from"), .customLong("format")],
        help: "The traces' format. (default: what their first lines look like)")
    var format: TraceFormat?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Experts that a token visits, where the trace does not say.", valueName: "k"))
    var topK: Int?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Experts of a layer, where the trace does not say.", valueName: "count"))
    var experts: Int?
    @Flag(help: "Leave out the end of a trace that was cut off.")
    var partial = false

    func validate() throws {
        try Limits.check("--top-k", topK, 1...RoutingTableBuilder.mostExperts)
        try Limits.check("--experts", experts, 1...RoutingTableBuilder.mostExperts)
        if let topK, let experts { try Limits.check("--top-k", topK, 1...experts) }
    }

    var options: TraceOptions {
        TraceOptions(format: format, topK: topK, experts: experts, allowsPartial: partial)
    }
}

extension TraceFormat: NamedOption {}
