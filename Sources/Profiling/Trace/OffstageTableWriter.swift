/// Writes our trace.
struct OffstageTableWriter: TraceWriter {
    private var numbers: [Int] = []
    private var text = -1
    private var drops = DropCursor()

    mutating func begin(_ table: RoutingTable, _ text: inout [UInt8]) throws {
        numbers = table.layerNumbers
        let count = (numbers.last ?? 0) + 1
        var sizes = [Int](repeating: 0, count: count)
        for (number, layer) in zip(numbers, table.layers) { sizes[number] = layer.expertBytes ?? 0 }
        try text.append(
            json: RoutingTraceHeader(
                model: table.model, layers: count, experts: table.experts, topK: table.topK,
                expertBytes: sizes.contains { $0 > 0 } ? sizes : nil))
    }

    mutating func write(
        _ pass: RoutingTable.Pass, layer: Int, of table: RoutingTable, to output: inout TraceOutput
    ) throws {
        if pass.text != text {
            text = pass.text
            let value = RoutingTraceText(name: table.texts[text].name, domain: table.texts[text].domain)
            try output.append { try $0.append(json: ["text": value]) }
        }
        let routes = table.routes[layer]
        for (row, token) in pass.tokens.enumerated() {
            let visits = routes.visits(of: token)
            let gate = routes.gates.isEmpty ? nil : routes.gates[token]
            let entry = RoutingTraceEntry(
                phase: pass.phase, token: pass.position + row, id: Int(table.ids[token]), layer: numbers[layer],
                experts: routes.experts[visits].map(Int.init),
                weights: routes.weights.isEmpty ? [] : Array(routes.weights[visits]),
                gate: gate.flatMap { $0.isUnknown ? nil : $0 },
                dropped: drops.ranks(of: token, layer: layer, in: table))
            try output.append { $0.append(entry) }
        }
    }
}

extension GateReading {
    fileprivate var isUnknown: Bool { confidence.isNaN && margin.isNaN && entropy.isNaN }
}
