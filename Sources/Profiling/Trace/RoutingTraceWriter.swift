import Foundation

/// Writes a routing trace to a file as the model runs.
public final class RoutingTraceWriter: RoutingRecorder {
    private var output: TraceOutput

    /// Begins the file. One of that name is replaced when the new one is whole; devices and pipes are written into.
    ///
    /// - Throws: ``ProfilingError`` when the file cannot be written.
    public init(path: String, header: RoutingTraceHeader) throws {
        output = try TraceOutput(path: path, writesThrough: true)
        try output.append { try $0.append(json: header) }
    }

    public func beginText(_ text: RoutingTraceText) throws {
        try output.append { try $0.append(json: ["text": text]) }
    }

    public func record(_ entry: RoutingTraceEntry) throws {
        try output.append { $0.append(entry) }
    }

    /// Writes what is still in memory; without it nothing of the file stays.
    public func finish() throws { try output.finish() }
}

extension [UInt8] {
    /// A line of JSON.
    mutating func append(json value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        append(contentsOf: try encoder.encode(value))
        append(UInt8(ascii: "\n"))
    }

    /// A line of JSON, as `JSONEncoder` would write it in a multiple of the time.
    mutating func append(_ entry: RoutingTraceEntry) {
        append("{")
        if !entry.dropped.isEmpty {
            append("\"dropped\":")
            append(list: entry.dropped) { $0.append($1) }
            append(",")
        }
        append("\"experts\":")
        append(list: entry.experts) { $0.append($1) }
        if let gate = entry.gate { append(gate) }
        append(",\"id\":")
        append(entry.id)
        append(",\"layer\":")
        append(entry.layer)
        append(",\"phase\":\"")
        append(entry.phase.rawValue)
        append("\",\"token\":")
        append(entry.token)
        if entry.hasWeights {
            append(",\"weights\":")
            append(list: entry.weights) { $0.append($1, otherwise: "0") }
        }
        append("}\n")
    }

    /// What is not known is left out.
    private mutating func append(_ gate: GateReading) {
        append(",\"gate\":{")
        var isFirst = true
        for (name, number) in [("confidence", gate.confidence), ("entropy", gate.entropy), ("margin", gate.margin)]
        where number.isFinite {
            append("\(isFirst ? "" : ",")\"\(name)\":")
            append(number, otherwise: "0")
            isFirst = false
        }
        append("}")
    }
}
