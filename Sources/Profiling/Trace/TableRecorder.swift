/// Records the routes of a running model in memory.
package final class TableRecorder: RoutingRecorder {
    private var builder: RoutingTableBuilder
    private var layers: [Int: Int] = [:]
    /// The layer with which the pass under way began, and where in it the recording is.
    private var firstLayer = 0
    private var last: (layer: Int, token: Int)?
    /// The position in its text of what the model takes for position 0.
    private var offset = 0

    /// - Parameter expertBytes: of an expert of each layer, where it is known.
    package init(model: String, experts: Int, topK: Int, expertBytes: [Int] = []) {
        builder = RoutingTableBuilder(model: model, experts: experts, topK: topK)
        for (layer, bytes) in expertBytes.enumerated() {
            layers[layer] = builder.layer(named: "\(layer)", expertBytes: bytes)
        }
    }

    package var tokenCount: Int { builder.tokenCount }

    package func begin(_ text: RoutingTable.Text) {
        builder.beginText(text)
        begin(at: 0)
    }

    /// The model begins anew with a later part of the text.
    package func begin(at position: Int) {
        offset = position
        last = nil
    }

    package func record(_ entry: RoutingTraceEntry) throws {
        let goesOn = last.map { $0.layer == entry.layer && $0.token + 1 == entry.token } ?? false
        let isNext = last.map { $0.layer < entry.layer } ?? false
        if goesOn, entry.layer == firstLayer {
            builder.extendPass(id: Int32(clamping: entry.id))
        } else if !goesOn && !isNext {
            builder.beginPass(entry.phase, position: offset + entry.token, ids: [Int32(clamping: entry.id)])
            firstLayer = entry.layer
        }
        last = (entry.layer, entry.token)
        guard let pass = builder.pass else { return }
        let layer = layer(entry.layer)
        let isTaken = builder.append(
            pass.tokens.lowerBound + offset + entry.token - pass.position, layer: layer, experts: entry.experts,
            weights: entry.weights, gate: entry.gate)
        precondition(isTaken, "a route that cannot be: \(entry)")
    }

    package func finish() -> RoutingTable { builder.finish() }

    private func layer(_ number: Int) -> Int {
        if let index = layers[number] { return index }
        let index = builder.layer(named: "\(number)")
        layers[number] = index
        return index
    }
}
