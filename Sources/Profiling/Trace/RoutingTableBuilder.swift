/// Makes a ``RoutingTable`` from routes as they come: text by text, pass by pass, within a pass in any order of layers.
package struct RoutingTableBuilder: Sendable {
    private var table: RoutingTable
    private var layerIndex: [String: Int] = [:]
    /// For every expert the last call of ``append`` that named it: an expert of this call has been named already.
    private var lastTurn: [UInt64] = []
    private var turn: UInt64 = 0
    private var visits = 0

    /// Experts that a table can tell apart.
    package static let mostExperts = Int(UInt16.max)

    package init(model: String, experts: Int, topK: Int) {
        precondition((1...Self.mostExperts).contains(experts) && topK >= 1, "\(experts) experts, top \(topK)")
        table = RoutingTable(model: model, experts: experts, topK: topK)
    }

    package var tokenCount: Int { table.tokenCount }
    /// The pass that routes belong to; nil before the first.
    package var pass: RoutingTable.Pass? { table.passes.last }

    /// What comes next belongs to this text.
    package mutating func beginText(_ text: RoutingTable.Text = RoutingTable.Text()) {
        table.texts.append(text)
    }

    /// What comes next belongs to these tokens, which pass the layers together.
    ///
    /// - Parameters:
    ///   - position: of the first in its text.
    ///   - ids: of all of them in the vocabulary, −1 where it is not known.
    package mutating func beginPass(_ phase: RoutingTraceEntry.Phase, position: Int, ids: [Int32]) {
        if table.texts.isEmpty { beginText() }
        let first = table.tokenCount
        table.ids += ids
        table.passes.append(
            RoutingTable.Pass(
                tokens: first..<table.tokenCount, phase: phase, text: table.texts.count - 1, position: position))
    }

    /// Adds one more token to the pass under way.
    package mutating func extendPass(id: Int32) {
        precondition(!table.passes.isEmpty, "a token without a pass")
        table.ids.append(id)
        let last = table.passes.count - 1
        table.passes[last].tokens = table.passes[last].tokens.lowerBound..<table.tokenCount
    }

    /// The id of a token in the vocabulary.
    func id(of token: Int) -> Int { Int(table.ids[token]) }

    /// The index of a layer; it need not have been named before.
    package mutating func layer(named name: String, expertBytes: Int? = nil) -> Int {
        if let index = layerIndex[name] {
            if let expertBytes { table.layers[index].expertBytes = expertBytes }
            return index
        }
        let index = table.layers.count
        layerIndex[name] = index
        table.layers.append(RoutingTable.Layer(name: name, expertBytes: expertBytes))
        table.routes.append(RoutingTable.Routes())
        return index
    }

    /// Says which experts a token visits in a layer.
    ///
    /// - Parameters:
    ///   - token: its number in the table. Within a layer tokens come in order.
    ///   - experts: the one it prefers first.
    ///   - weights: as many, or none.
    ///   - dropped: the ranks, from 0, of choices that were turned away.
    /// - Returns: false, and the table is as it was, for a token that is not of this pass, has had its turn in this layer,
    ///   or visits an expert that is not there or the same one twice.
    package mutating func append(
        _ token: Int, layer: Int, experts: some RandomAccessCollection<Int>,
        weights: some RandomAccessCollection<Float> = [Float](), gate: GateReading? = nil, dropped: [Int] = []
    ) -> Bool {
        add(token, layer: layer, experts: experts, weights: weights, gate: gate, dropped: dropped) == nil
    }

    /// The same.
    ///
    /// - Returns: why the table is as it was; nil when it is not.
    mutating func add(
        _ token: Int, layer: Int, experts: some RandomAccessCollection<some BinaryInteger>,
        weights: some RandomAccessCollection<Float> = [Float](), gate: GateReading? = nil, dropped: [Int] = []
    ) -> RouteRefusal? {
        precondition(table.routes.indices.contains(layer), "layer \(layer) of \(table.routes.count)")
        let known = table.routes[layer].starts.count - 1
        guard token >= known else { return .secondTurn }
        guard pass?.tokens.contains(token) ?? false else { return .otherPass }
        guard table.routes[layer].experts.count <= Int(UInt32.max) - experts.count else { return .tooManyVisits }
        guard !RoutingTable.isMostlyEmpty(tokens: tokenCount, layers: table.layers.count, visits: visits) else {
            return .mostlyEmpty(tokens: tokenCount, layers: table.layers.count)
        }
        guard weights.isEmpty || weights.count == experts.count else {
            return .weights(weights.count, experts: experts.count)
        }
        if let rank = dropped.first(where: { !(0..<table.experts).contains($0) }) { return .rank(rank) }
        if let refusal = refusal(of: experts) { return refusal }
        table.routes[layer].fill(upTo: token)
        table.routes[layer].append(experts, weights: weights, gate: gate, dropped: dropped)
        visits += experts.count
        return nil
    }

    /// Counts choices of a layer that were turned away, by rank, of tokens whose own were not said.
    package mutating func noteDrops(_ byRank: [Int], layer: Int) {
        for (rank, count) in byRank.enumerated() where count > 0 {
            table.routes[layer].dropped += [Int](
                repeating: 0, count: max(0, rank + 1 - table.routes[layer].dropped.count))
            table.routes[layer].dropped[rank] += count
        }
    }

    /// Leaves word for whoever reads the report.
    package mutating func remark(_ sentence: String) { table.remarks.append(sentence) }

    /// Says how many experts there are, and are visited, in a trace that tells so late.
    mutating func settle(model: String, experts: Int, topK: Int) {
        table.model = model
        table.experts = experts
        table.topK = topK
    }

    /// The table, its layers in the order of their numbers, named ones after them.
    package consuming func finish() -> RoutingTable {
        for layer in table.routes.indices { table.routes[layer].fill(upTo: table.tokenCount) }
        let order = table.layers.indices.sorted { first, second in
            switch (Int(table.layers[first].name), Int(table.layers[second].name)) {
            case (let first?, let second?): first < second
            case (nil, nil): first < second
            case (let number, _): number != nil
            }
        }
        let (layers, routes) = (table.layers, table.routes)
        table.layers = order.map { layers[$0] }
        table.routes = order.map { routes[$0] }
        return table
    }

    private mutating func refusal(of experts: some RandomAccessCollection<some BinaryInteger>) -> RouteRefusal? {
        turn &+= 1
        for expert in experts {
            guard let expert = Int(exactly: expert), (0..<table.experts).contains(expert) else {
                return .expert(Int(clamping: expert), of: table.experts)
            }
            while lastTurn.count <= expert { lastTurn.append(0) }
            if lastTurn[expert] == turn { return .repeated(expert) }
            lastTurn[expert] = turn
        }
        return nil
    }
}

/// Why a token's routes do not fit into a table.
enum RouteRefusal: Equatable, CustomStringConvertible {
    case otherPass, secondTurn, tooManyVisits
    case mostlyEmpty(tokens: Int, layers: Int)
    case weights(Int, experts: Int)
    case rank(Int)
    case expert(Int, of: Int)
    case repeated(Int)

    var description: String {
        switch self {
        case .otherPass: "this token is not one of the pass under way"
        case .secondTurn: "this token has had its turn in this layer"
        case .tooManyVisits: "a layer has more than \(UInt32.max) visits; give a part of the trace"
        case .mostlyEmpty(let tokens, let layers):
            "of \(tokens) tokens next to none visits an expert in each of \(layers) layers, so this is no trace of a model"
        case .weights(let weights, let experts): "there are \(weights) weights for \(experts) experts"
        case .rank(let rank): "a choice of rank \(rank) cannot have been dropped"
        case .expert(let expert, let count):
            "there is no expert \(expert): the experts of a layer are 0 to \(count - 1)"
        case .repeated(let expert): "the token visits expert \(expert) twice"
        }
    }
}

extension RoutingTable {
    /// Whether it would take much memory to say that nothing is known, as damaged traces can have it.
    static func isMostlyEmpty(tokens: Int, layers: Int, visits: Int) -> Bool {
        let (places, isTooLarge) = tokens.multipliedReportingOverflow(by: layers)
        return isTooLarge || (places > 1 << 24 && places / 64 > visits)
    }
}

extension RoutingTable.Routes {
    /// Tokens that nothing was said of visit nothing.
    fileprivate mutating func fill(upTo token: Int) {
        while starts.count - 1 < token {
            starts.append(UInt32(experts.count))
            if !gates.isEmpty { gates.append(.unknown) }
        }
    }

    fileprivate mutating func append(
        _ chosen: some RandomAccessCollection<some BinaryInteger>, weights given: some RandomAccessCollection<Float>,
        gate: GateReading?, dropped ranks: [Int]
    ) {
        if !given.isEmpty || !weights.isEmpty {
            weights += [Float](repeating: .nan, count: experts.count - weights.count)
            weights += given.isEmpty ? [Float](repeating: .nan, count: chosen.count) : Array(given)
        }
        for expert in chosen { experts.append(UInt16(expert)) }
        if gate != nil || !gates.isEmpty {
            while gates.count < starts.count - 1 { gates.append(.unknown) }
            gates.append(gate ?? .unknown)
        }
        starts.append(UInt32(experts.count))
        for rank in ranks {
            while dropped.count <= rank { dropped.append(0) }
            dropped[rank] += 1
            drops.append(RoutingTable.Drop(token: UInt32(starts.count - 2), rank: UInt16(rank)))
        }
    }
}

extension GateReading {
    /// Of a token whose gate nobody recorded.
    static let unknown = GateReading(confidence: .nan, margin: .nan, entropy: .nan)
}
