/// What went wrong with a trace or a report, in words for the person who asked for it.
public struct ProfilingError: Error, CustomStringConvertible, Sendable {
    public let description: String
    init(_ description: String) { self.description = description }
}
