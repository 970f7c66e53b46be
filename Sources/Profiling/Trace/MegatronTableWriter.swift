/// Writes Megatron-LM's records. A pass is a step.
struct MegatronTableWriter: TraceWriter {
    private var step = -1
    private var names: [String] = []

    mutating func begin(_ table: RoutingTable, _ text: inout [UInt8]) {
        let numbers = table.layerNumbers
        names = zip(table.layers, numbers).map { layer, number in Self.fields(ofLayer: layer.name, number: number) }
    }

    mutating func write(
        _ pass: RoutingTable.Pass, layer: Int, of table: RoutingTable, to output: inout TraceOutput
    ) throws {
        if layer == 0 { step += 1 }
        let routes = table.routes[layer]
        try output.append { text in
            text.append("{\"step\": \(step), \"stage\": \"pre_dispatch\", \(names[layer]), \"rank\": 0, ")
            text.append("\"num_tokens\": \(pass.tokens.count), \"topk\": \(table.topK), \"top_indices\": ")
            text.append(list: pass.tokens) { text, token in
                text.append(list: routes.experts(of: token)) { $0.append($1) }
            }
            text.append("}\n")
        }
    }

    /// Layers of multi-token prediction are called `mtp 0.1`: the first one's second.
    private static func fields(ofLayer name: String, number: Int) -> String {
        if Int(name) != nil { return "\"block\": \"decoder\", \"layer\": \(name)" }
        let parts = name.split(separator: " ")
        let numbers = parts.count == 2 ? parts[1].split(separator: ".").compactMap { Int($0) } : []
        guard parts.first == "mtp", let layer = numbers.last else {
            return "\"block\": \"decoder\", \"layer\": \(number)"
        }
        let part = numbers.count > 1 ? ", \"mtp_idx\": \(numbers[0])" : ""
        return "\"block\": \"mtp\", \"layer\": \(layer)\(part)"
    }
}
