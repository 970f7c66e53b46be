/// What a column of a trace holds.
enum TraceColumn: Equatable {
    case turn, phase, step, layer, slot, expert, weight, dropped
    /// Something that a table does not know.
    case other

    /// The columns by the line of their names.
    static func named(_ scanner: inout TraceScanner) throws -> [TraceColumn] {
        var columns: [TraceColumn] = []
        repeat {
            let start = scanner.position
            scanner.skipColumn()
            let column = TraceColumn(scanner.text(start..<scanner.position))
            if column != .other, columns.contains(column) {
                throw scanner.error("two columns are called \(scanner.text(start..<scanner.position))")
            }
            columns.append(column)
            guard columns.count <= 1024 else { throw scanner.error("there are more than 1024 columns") }
        } while scanner.skip(UInt8(ascii: ","))
        for (column, name) in [
            (phase, "phase"), (step, "step or token"), (layer, "layer"), (slot, "slot or rank"), (expert, "expert"),
        ] where !columns.contains(column) {
            throw scanner.error("tried to find the names of the columns, but there is none called \(name)")
        }
        return columns
    }

    private init(_ name: String) {
        self =
            switch name {
            case "turn": .turn
            case "phase": .phase
            case "step", "token": .step
            case "layer": .layer
            case "slot", "rank": .slot
            case "expert": .expert
            case "weight": .weight
            case "dropped": .dropped
            default: .other
            }
    }
}

/// A choice of a token in a layer.
struct TraceRow {
    var turn = 0
    var phase = RoutingTraceEntry.Phase.prompt
    var step = 0
    var layer = 0
    var slot = 0
    var expert = -1
    /// NaN where it is not known of this choice, nil where of none.
    var weight: Float?
    var isDropped = false

    init(_ scanner: inout TraceScanner, columns: [TraceColumn], header: ColumnTraceHeader) throws {
        let experts = header.experts ?? RoutingTableBuilder.mostExperts
        for (index, column) in columns.enumerated() {
            if index > 0 { try scanner.expect(UInt8(ascii: ",")) }
            switch column {
            case .turn: turn = try scanner.integer("turn", in: 0...Int(Int32.max))
            case .phase: phase = try scanner.columnPhase()
            case .step: step = try scanner.integer("step", in: 0...Int(Int32.max))
            case .layer: layer = try scanner.integer("layer", in: 0...(header.layers ?? TraceFormat.mostLayers) - 1)
            case .slot: slot = try scanner.integer("slot", in: 0...experts - 1)
            case .expert: expert = scanner.skip("-1") ? -1 : try scanner.integer("expert", in: 0...experts - 1)
            case .weight: weight = try scanner.number("weight")
            case .dropped: isDropped = try scanner.integer("dropped", in: 0...1) == 1
            case .other: scanner.skipColumn()
            }
        }
        try scanner.endLine()
        if expert < 0, !isDropped { throw scanner.error("the expert is -1; only a dropped choice has none") }
    }

    func isOfSameToken(_ other: TraceRow) -> Bool {
        layer == other.layer && step == other.step && phase == other.phase && turn == other.turn
    }
}

/// What comments above the rows say of the model.
struct ColumnTraceHeader {
    private(set) var model: String?
    private(set) var layers: Int?
    private(set) var experts: Int?
    private(set) var topK: Int?
    /// By the number of the layer.
    private(set) var expertBytes: [Int: Int] = [:]

    var shape: String {
        [(layers, "layers"), (experts, "experts"), (topK, "of them used")].map { number, noun in
            "\(number.map(String.init) ?? "unknown") \(noun)"
        }.joined(separator: ", ")
    }

    mutating func read(_ scanner: borrowing TraceScanner) throws {
        var fields: [(name: Substring, value: String)] = []
        let line = scanner.text(scanner.position..<scanner.lineEnd, limit: 1 << 16)
        for word in line.drop(while: { $0 == "#" }).split(separator: " ") {
            if let equals = word.firstIndex(of: "=") {
                fields.append((word[..<equals], String(word[word.index(after: equals)...])))
            } else if !fields.isEmpty {
                fields[fields.count - 1].value += " " + word  // a name may hold spaces
            }
        }
        var layer: Int?
        for (name, value) in fields {
            switch name {
            case "model": model = value
            case "n_layer": layers = try number(value, name, 1...TraceFormat.mostLayers, scanner)
            case "n_expert": experts = try number(value, name, 1...RoutingTableBuilder.mostExperts, scanner)
            case "n_expert_used": topK = try number(value, name, 1...RoutingTableBuilder.mostExperts, scanner)
            case "layer": layer = try number(value, name, 0...TraceFormat.mostLayers - 1, scanner)
            case "expert_bytes": if let layer { expertBytes[layer] = try number(value, name, 0...1 << 53, scanner) }
            default: break
            }
        }
        if let topK, let experts, topK > experts {
            throw scanner.error("n_expert_used is \(topK), but there are only \(experts) experts")
        }
    }

    private func number(
        _ value: String, _ name: Substring, _ range: ClosedRange<Int>, _ scanner: borrowing TraceScanner
    ) throws -> Int {
        guard let number = Int(value), range.contains(number) else {
            throw scanner.error("\(name) is \(value.prefix(24)); it can be \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}

extension TraceScanner {
    mutating func skipColumn() {
        while byte != UInt8(ascii: ","), !isAtLineEnd { position += 1 }
    }

    fileprivate mutating func columnPhase() throws -> RoutingTraceEntry.Phase {
        if skip("prefill") || skip("prompt") || skip(UInt8(ascii: "0")) { return .prompt }
        if skip("decode") || skip(UInt8(ascii: "1")) { return .decode }
        throw unexpected("the phase")
    }
}
