import Foundation

/// A line of our trace.
enum OffstageTraceLine {
    case text(RoutingTraceText)
    case entry(RoutingTraceEntry)

    /// The line under way of a text that begins with this header.
    init(_ scanner: inout TraceScanner, header: RoutingTraceHeader) throws {
        let start = scanner.position
        var fields = Fields()
        var text: RoutingTraceText?
        try scanner.object { scanner, key in
            switch key {
            case "text": text = try scanner.decoded(RoutingTraceText.self, "text")
            case "experts" where !scanner.isAtLineEnd && scanner.byte != UInt8(ascii: "["), "format":
                throw scanner.error("a second header; give the traces one by one, not as one file")
            default: try fields.read(key, &scanner, header: header)
            }
        }
        try scanner.endLine()
        if let text {
            self = .text(text)
        } else {
            scanner.position = start
            self = .entry(try fields.entry(scanner))
        }
    }

    /// The fields of an entry, as far as they are known.
    private struct Fields {
        var phase: RoutingTraceEntry.Phase?
        var token: Int?
        var id: Int?
        var layer: Int?
        var experts: [Int]?
        var weights: [Float]?
        var gate: GateReading?
        var dropped: [Int] = []

        mutating func read(_ key: String, _ scanner: inout TraceScanner, header: RoutingTraceHeader) throws {
            switch key {
            case "phase": phase = try scanner.phase()
            case "token": token = try scanner.integer("token", in: 0...Int(Int32.max))
            case "id": id = try scanner.integer("id", in: -1...Int(Int32.max))
            case "layer": layer = try scanner.integer("layer", in: 0...header.layers - 1)
            case "experts": experts = try scanner.integers("expert", in: 0...header.experts - 1, atMost: header.experts)
            case "weights":
                var weights: [Float] = []
                weights.reserveCapacity(experts?.count ?? header.topK)
                try scanner.array { weights.append(try $0.finiteNumber("weight")) }
                self.weights = weights
            case "gate": gate = try scanner.gate()
            case "dropped": dropped = try scanner.integers("rank", in: 0...header.experts - 1, atMost: header.experts)
            default: try scanner.skipValue()
            }
        }

        func entry(_ scanner: borrowing TraceScanner) throws -> RoutingTraceEntry {
            guard let phase, let token, let id, let layer, let experts else {
                throw scanner.error(
                    "\(scanner.excerpt) lacks one of the fields phase, token, id, layer and experts of a visit")
            }
            if let weights, weights.count != experts.count {
                throw scanner.error("\(RouteRefusal.weights(weights.count, experts: experts.count))")
            }
            return RoutingTraceEntry(
                phase: phase, token: token, id: id, layer: layer, experts: experts, weights: weights ?? [], gate: gate,
                dropped: dropped)
        }
    }
}

extension TraceScanner {
    /// A value that is rare enough to be read by Foundation.
    mutating func decoded<Value: Decodable>(_ type: Value.Type, _ noun: String) throws -> Value {
        let start = position
        try skipValue()
        guard position - start <= 1 << 20,
            let value = try? JSONDecoder().decode(type, from: Data(bytes[start..<position]))
        else {
            throw error("\(text(start..<position)) is no \(noun)")
        }
        return value
    }

    mutating func phase() throws -> RoutingTraceEntry.Phase {
        if skip("\"prompt\"") { return .prompt }
        if skip("\"decode\"") { return .decode }
        throw unexpected("the phase, \"prompt\" or \"decode\",")
    }

    mutating func integers(_ noun: String, in range: ClosedRange<Int>, atMost limit: Int) throws -> [Int] {
        var integers: [Int] = []
        try array { scanner in
            guard integers.count < limit else { throw scanner.error("there are more than \(limit) of the \(noun)s") }
            integers.append(try scanner.integer(noun, in: range))
        }
        return integers
    }

    mutating func gate() throws -> GateReading {
        var gate = GateReading.unknown
        try object { scanner, key in
            switch key {
            case "confidence": gate.confidence = try scanner.finiteNumber(key)
            case "margin": gate.margin = try scanner.finiteNumber(key)
            case "entropy": gate.entropy = try scanner.finiteNumber(key)
            default: try scanner.skipValue()
            }
        }
        return gate
    }
}
