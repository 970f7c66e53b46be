/// Reads rows of visits under the names of their columns: `route_trace v1`, and traces of llama.cpp that tell tokens apart.
struct ColumnTraceReader: TraceReader {
    /// Tokens of a prompt that may pass its first layer by.
    private static let longestGap = 1 << 16

    private let job: TraceJob
    private var builder = RoutingTableBuilder(model: "", experts: RoutingTableBuilder.mostExperts, topK: 1)
    private var places = LayerPlaces()
    private var first: (header: ColumnTraceHeader, name: String)?
    private var header = ColumnTraceHeader()
    private var columns: [TraceColumn] = []
    private var token: TraceRow?
    private var visits = TokenVisits()
    private var turn: Int?
    /// The first layer of the pass under way, and the one it is in.
    private var layers = (first: 0, current: 0)
    private var greatest = -1
    private var mostVisits = 1

    init(_ job: TraceJob) { self.job = job }

    mutating func read(_ scanner: inout TraceScanner) throws {
        (header, columns, token, turn) = (ColumnTraceHeader(), [], nil, nil)
        let before = builder.tokenCount
        let cut = try job.forEachLine(of: &scanner) { scanner in
            if scanner.byte == UInt8(ascii: "#") {
                if columns.isEmpty { try header.read(scanner) }
            } else if columns.isEmpty {
                columns = try TraceColumn.named(&scanner)
                try settle(scanner)
            } else {
                try add(TraceRow(&scanner, columns: columns, header: header), scanner)
            }
        }
        try endToken(scanner)
        if let cut { builder.remark(job.remark(ofEndAt: cut, in: scanner)) }
        guard builder.tokenCount > before else { throw ProfilingError("\(scanner.name) holds no routes") }
    }

    consuming func finish() throws -> RoutingTable {
        let header = first?.header ?? ColumnTraceHeader()
        let topK = header.topK ?? job.options.topK ?? mostVisits
        let experts = try header.experts ?? job.experts(greatest: max(greatest, topK - 1)) { builder.remark($0) }
        builder.settle(model: header.model ?? job.modelName, experts: experts, topK: topK)
        return builder.finish()
    }

    private mutating func settle(_ scanner: borrowing TraceScanner) throws {
        try job.check(experts: header.experts, topK: header.topK, name: scanner.name)
        guard let first else {
            self.first = (header, scanner.name)
            return
        }
        guard header.shape == first.header.shape else {
            throw ProfilingError(
                "\(scanner.name) is of a model with \(header.shape), but \(first.name) of one with \(first.header.shape); "
                    + "profile them one by one")
        }
    }

    private mutating func add(_ row: TraceRow, _ scanner: borrowing TraceScanner) throws {
        if !(token.map(row.isOfSameToken) ?? false) {
            try endToken(scanner)
            try beginToken(row, scanner)
        }
        try visits.add(row, scanner)
        greatest = max(greatest, row.isDropped ? -1 : row.expert)
    }

    private mutating func beginToken(_ row: TraceRow, _ scanner: borrowing TraceScanner) throws {
        visits.removeAll(line: scanner.line)
        if begins(row) { try beginPass(row, scanner) }
        guard let pass = builder.pass else { preconditionFailure("a token outside of a pass") }
        let next = pass.position + pass.tokens.count
        if row.layer == layers.first, (next..<next + Self.longestGap).contains(row.step) {
            for _ in next...row.step { builder.extendPass(id: -1) }
        } else if !(pass.position..<next).contains(row.step) {
            throw scanner.error(
                "step \(row.step) of layer \(row.layer) is not of the pass under way, whose first layer has the steps "
                    + "\(pass.position) to \(next - 1)")
        }
        layers.current = row.layer
        token = row
    }

    /// Whether a token begins a pass: the layers go back, or the first layer does not go on with the next one.
    private func begins(_ row: TraceRow) -> Bool {
        guard let token, let pass = builder.pass else { return true }
        if row.turn != token.turn || row.phase != token.phase || row.layer < layers.current { return true }
        if row.phase == .decode { return row.step != token.step }
        return row.layer == layers.first && row.step < pass.position + pass.tokens.count
    }

    private mutating func beginPass(_ row: TraceRow, _ scanner: borrowing TraceScanner) throws {
        if turn != row.turn || row.step == 0 {
            builder.beginText(job.text(of: scanner))
            turn = row.turn
        } else if let pass = builder.pass, row.step < pass.position + pass.tokens.count {
            throw scanner.error(
                "step \(row.step) comes after step \(pass.position + pass.tokens.count - 1) of the same text")
        }
        builder.beginPass(row.phase, position: row.step, ids: [])
        layers = (row.layer, row.layer)
    }

    private mutating func endToken(_ scanner: borrowing TraceScanner) throws {
        guard let token, let pass = builder.pass else { return }
        let place = places.place(of: token.layer, expertBytes: header.expertBytes[token.layer], in: &builder)
        let refusal = builder.add(
            pass.tokens.lowerBound + token.step - pass.position, layer: place, experts: visits.experts,
            weights: visits.weights, dropped: visits.dropped)
        if let refusal { throw scanner.error("\(refusal)", line: visits.line) }
        mostVisits = max(mostVisits, visits.experts.count + visits.dropped.count)
    }
}

/// What rows said of a token in a layer.
private struct TokenVisits {
    private(set) var line = 0
    private(set) var experts: [Int] = []
    private(set) var weights: [Float] = []
    private(set) var dropped: [Int] = []
    private var lastSlot = -1
    private var count = 0
    /// For every expert the last token that visited it.
    private var lastToken: [Int] = []

    mutating func removeAll(line: Int) {
        self.line = line
        count += 1
        lastSlot = -1
        experts.removeAll(keepingCapacity: true)
        weights.removeAll(keepingCapacity: true)
        dropped.removeAll(keepingCapacity: true)
    }

    mutating func add(_ row: TraceRow, _ scanner: borrowing TraceScanner) throws {
        guard row.slot > lastSlot else {
            throw scanner.error(
                "slot \(row.slot) of step \(row.step) in layer \(row.layer) comes after slot \(lastSlot)")
        }
        lastSlot = row.slot
        if row.isDropped { return dropped.append(row.slot) }
        while lastToken.count <= row.expert { lastToken.append(0) }
        guard lastToken[row.expert] < count else { throw scanner.error("\(RouteRefusal.repeated(row.expert))") }
        lastToken[row.expert] = count
        experts.append(row.expert)
        if let weight = row.weight { weights.append(weight) }
    }
}
