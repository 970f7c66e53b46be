/// Reads Megatron-LM's `router_trace`, a record for each step and layer:
/// `{"step": 0, "stage": "pre_dispatch", "block": "decoder", "layer": 3, "rank": 0, "num_tokens": 2, "topk": 2,
/// "top_indices": [[12, 45], [3, 7]]}`.
struct MegatronTraceReader: TraceReader {
    private let job: TraceJob
    private var builder = RoutingTableBuilder(model: "", experts: RoutingTableBuilder.mostExperts, topK: 1)
    private var places: [LayerName: Int] = [:]
    private var topK: (value: Int, name: String)?
    /// Where in a step records are taken. Those taken elsewhere tell of the same tokens once more.
    private var stage: String?
    private var hasOtherStages = false
    private var greatest = -1
    private var pass: PassName?
    private var layersOfPass: Set<LayerName> = []
    private var position = 0
    private var rows = 0
    private var ascendingRows = 0

    private struct PassName: Equatable {
        var step: Int
        var rank: Int
    }

    private struct LayerName: Hashable, CustomStringConvertible {
        var block: String
        var layer: Int
        var part: Int?

        var description: String {
            block == "decoder" ? "\(layer)" : "\(block) " + (part.map { "\($0)." } ?? "") + "\(layer)"
        }
    }

    init(_ job: TraceJob) { self.job = job }

    mutating func read(_ scanner: inout TraceScanner) throws {
        builder.beginText(job.text(of: scanner))
        (pass, position) = (nil, 0)
        var record = MegatronRecord()
        let cut = try job.forEachLine(of: &scanner) { scanner in
            try record.read(&scanner)
            try add(record, scanner)
        }
        if let cut { builder.remark(job.remark(ofEndAt: cut, in: scanner)) }
        if pass == nil { throw ProfilingError("\(scanner.name) holds no whole record") }
    }

    consuming func finish() throws -> RoutingTable {
        let topK = topK?.value ?? 1
        let experts = try job.experts(greatest: max(greatest, topK - 1)) { builder.remark($0) }
        builder.settle(model: job.modelName, experts: experts, topK: topK)
        builder.remark(
            "The trace does not tell reading from writing; steps of a single token are taken as written, others as read."
        )
        if hasOtherStages, let stage { builder.remark("Only records of the stage \(stage) are read.") }
        if topK > 1, rows > 8, ascendingRows == rows {
            builder.remark(
                "Every token's experts are in ascending order, so their ranks are likely not known: routers that hand over "
                    + "a map of experts leave them so.")
        }
        return builder.finish()
    }

    private mutating func add(_ record: MegatronRecord, _ scanner: borrowing TraceScanner) throws {
        stage = stage ?? record.stage
        guard record.stage == stage else {
            hasOtherStages = true
            return
        }
        try check(record, scanner)
        let name = LayerName(block: record.block, layer: record.layer, part: record.part)
        let passName = PassName(step: record.step, rank: record.rank)
        if passName != pass || layersOfPass.contains(name) {
            // A rank that has nothing to do in a step notes it without tokens.
            if record.tokenCount == 0 { return }
            begin(passName, tokens: record.tokenCount)
        }
        guard let tokens = builder.pass?.tokens, tokens.count == record.tokenCount else {
            throw scanner.error(
                "layer \(name) has \(record.tokenCount) tokens, the layers before it in step \(record.step) have "
                    + "\(builder.pass?.tokens.count ?? 0)")
        }
        layersOfPass.insert(name)
        let place = try place(of: name, scanner)
        for (row, token) in tokens.enumerated() {
            let experts = record.experts(ofRow: row)
            if let refusal = builder.add(token, layer: place, experts: experts) {
                throw scanner.error("token \(row): \(refusal)")
            }
            rows += 1
            if zip(experts, experts.dropFirst()).allSatisfy({ $0 < $1 }) { ascendingRows += 1 }
        }
        greatest = max(greatest, record.greatest)
    }

    private mutating func check(_ record: MegatronRecord, _ scanner: borrowing TraceScanner) throws {
        if let topK, topK.value != record.topK {
            throw scanner.error(
                "the topk is \(record.topK), but \(topK.value) in \(topK.name) before; profile them one by one")
        }
        if topK == nil { try job.check(experts: nil, topK: record.topK, name: scanner.name) }
        topK = topK ?? (record.topK, scanner.name)
        if let experts = job.options.experts, record.greatest >= experts {
            throw scanner.error("\(RouteRefusal.expert(record.greatest, of: experts)), as --experts says")
        }
    }

    private mutating func begin(_ name: PassName, tokens: Int) {
        builder.beginPass(
            tokens == 1 ? .decode : .prompt, position: position, ids: [Int32](repeating: -1, count: tokens))
        position += tokens
        pass = name
        layersOfPass = []
    }

    private mutating func place(of name: LayerName, _ scanner: borrowing TraceScanner) throws -> Int {
        if let place = places[name] { return place }
        guard places.count < TraceFormat.mostLayers else {
            throw scanner.error("there are more than \(TraceFormat.mostLayers) layers")
        }
        let place = builder.layer(named: "\(name)")
        places[name] = place
        return place
    }
}

/// One line of it.
private struct MegatronRecord {
    var step = 0
    var rank = 0
    var stage = ""
    var block = "decoder"
    var layer = 0
    /// Of multi-token prediction.
    var part: Int?
    var topK = 0
    var tokenCount: Int { rowEnds.count }
    var greatest: Int { Int(experts.max() ?? 0) }

    private var experts: [UInt16] = []
    private var rowEnds: [Int] = []

    func experts(ofRow row: Int) -> ArraySlice<UInt16> { experts[(row == 0 ? 0 : rowEnds[row - 1])..<rowEnds[row]] }

    mutating func read(_ scanner: inout TraceScanner) throws {
        let start = scanner.position
        (rank, stage, block, part) = (0, "", "decoder", nil)
        removeRows()
        var numbers: (step: Int?, layer: Int?, tokens: Int?, topK: Int?)
        var hasRows = false
        let any = 0...Int(Int32.max)
        let layers = 0...TraceFormat.mostLayers - 1
        try scanner.object { scanner, key in
            switch key {
            case "step": numbers.step = try scanner.integer(key, in: any)
            case "rank": rank = try scanner.integer(key, in: any)
            case "layer": numbers.layer = try scanner.integer(key, in: layers)
            case "mtp_idx": part = scanner.skip("null") ? nil : try scanner.integer(key, in: layers)
            case "stage": stage = try scanner.string(key)
            case "block": block = try scanner.string(key)
            case "num_tokens": numbers.tokens = try scanner.integer(key, in: any)
            case "topk": numbers.topK = try scanner.integer(key, in: 1...RoutingTableBuilder.mostExperts)
            case "top_indices":
                try readRows(&scanner)
                hasRows = true
            default: try scanner.skipValue()
            }
        }
        try scanner.endLine()
        scanner.position = start
        guard let step = numbers.step, let layer = numbers.layer, let topK = numbers.topK, hasRows else {
            throw scanner.error("\(scanner.excerpt) lacks one of step, layer, topk and top_indices")
        }
        if let tokens = numbers.tokens, tokens != rowEnds.count {
            throw scanner.error("num_tokens is \(tokens), but top_indices has \(rowEnds.count) rows")
        }
        (self.step, self.layer, self.topK) = (step, layer, topK)
        for row in rowEnds.indices where experts(ofRow: row).count > topK {
            throw scanner.error("token \(row) has \(experts(ofRow: row).count) experts, but topk is \(topK)")
        }
    }

    private mutating func removeRows() {
        experts.removeAll(keepingCapacity: true)
        rowEnds.removeAll(keepingCapacity: true)
    }

    private mutating func readRows(_ scanner: inout TraceScanner) throws {
        removeRows()
        try scanner.array { scanner in
            try scanner.array { scanner in
                experts.append(
                    UInt16(
                        truncatingIfNeeded: try scanner.integer("expert", in: 0...RoutingTableBuilder.mostExperts - 1)))
            }
            rowEnds.append(experts.count)
        }
    }
}
