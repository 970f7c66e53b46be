/// Writes rows of visits under the names of their columns.
struct ColumnTableWriter: TraceWriter {
    let format: TraceFormat
    private var numbers: [Int] = []
    private var hasDrops = false
    private var drops = DropCursor()

    init(format: TraceFormat) { self.format = format }

    mutating func begin(_ table: RoutingTable, _ text: inout [UInt8]) {
        numbers = table.layerNumbers
        hasDrops = table.routes.contains { !$0.drops.isEmpty }
        guard format == .routeTrace else { return text.append("phase,token,layer,rank,expert\n") }
        let model = table.model.map { $0.isNewline ? " " : $0 }
        text.append("# route_trace v1\n# model=\(String(model)) n_layer=\((numbers.last ?? 0) + 1) ")
        text.append("n_expert=\(table.experts) n_expert_used=\(table.topK)\n")
        for (number, layer) in zip(numbers, table.layers) {
            if let bytes = layer.expertBytes { text.append("# layer=\(number) expert_bytes=\(bytes)\n") }
        }
        text.append("turn,phase,step,layer,slot,expert,weight,residency,expert_bytes\(hasDrops ? ",dropped" : "")\n")
    }

    mutating func write(
        _ pass: RoutingTable.Pass, layer: Int, of table: RoutingTable, to output: inout TraceOutput
    ) throws {
        for (row, token) in pass.tokens.enumerated() {
            let start =
                switch (format, pass.phase) {
                case (.routeTrace, .prompt): "\(pass.text),0,\(pass.position + row),\(numbers[layer]),"
                case (.routeTrace, .decode): "\(pass.text),1,\(pass.position + row),\(numbers[layer]),"
                case (_, .prompt): "prefill,\(pass.position + row),\(numbers[layer]),"
                case (_, .decode): "decode,\(pass.position + row),\(numbers[layer]),"
                }
            let dropped = drops.ranks(of: token, layer: layer, in: table)
            try output.append { write(table.routes[layer], token, start: start, dropped: dropped, to: &$0) }
        }
    }

    /// Slots are ranks: those of dropped choices lie between the others.
    private func write(
        _ routes: RoutingTable.Routes, _ token: Int, start: String, dropped: [Int], to text: inout [UInt8]
    ) {
        var slot = 0
        var rest = dropped.sorted()[...]
        func appendDrops() {
            while rest.first == slot {
                rest.removeFirst()
                if format == .routeTrace { text.append("\(start)\(slot),-1,nan,0,0,1\n") }
                slot += 1
            }
        }
        for visit in routes.visits(of: token) {
            appendDrops()
            text.append(start)
            text.append(slot)
            text.append(",")
            text.append(routes.experts[visit])
            if format == .routeTrace {
                text.append(",")
                text.append(routes.weights.isEmpty ? .nan : routes.weights[visit], otherwise: "nan")
                text.append(hasDrops ? ",0,0,0" : ",0,0")
            }
            text.append("\n")
            slot += 1
        }
        for slot in rest where format == .routeTrace { text.append("\(start)\(slot),-1,nan,0,0,1\n") }
    }
}
