import ArgumentParser
import Inference
import ModelFiles
import Profiling

/// The flags of commands that can take note of routes as they go.
struct RecordingArguments: ParsableArguments {
    @Option(help: ArgumentHelp("Record which experts every token visits.", valueName: "file"))
    var trace: String?
    @Flag(help: "Show the experts' load as it goes; lines of JSON where standard error is no terminal.")
    var live = false

    /// - Parameter isWanted: whether this program is the one to take note.
    func recording(of model: Model, isWanted: Bool = true) throws -> Recording {
        guard isWanted else { return Recording(trace: nil, view: nil) }
        let trace = try trace.map { try model.traceWriter(path: $0) }
        let architecture = model.architecture
        let view =
            live
            ? LiveRecorder(
                layers: architecture.layerCount, experts: architecture.expertCount, topK: architecture.expertsPerToken,
                trace: trace)
            : nil
        return Recording(trace: trace, view: view)
    }
}

/// What takes note of a model's routes.
struct Recording {
    fileprivate let trace: RoutingTraceWriter?
    fileprivate let view: LiveRecorder?

    /// Nil when nobody wants to know.
    var recorder: (any RoutingRecorder)? { view ?? trace }

    /// Ends the view and completes the trace when the work is over, however it ends.
    func finishing<Value>(_ work: () throws -> Value) throws -> Value {
        defer { view?.end() }
        let value: Value
        do { value = try work() } catch {
            try? trace?.finish()
            throw error
        }
        try trace?.finish()
        return value
    }
}
