/// Reads our traces.
struct OffstageTraceReader: TraceReader {
    private let job: TraceJob
    private var builder = RoutingTableBuilder(model: "", experts: RoutingTableBuilder.mostExperts, topK: 1)
    private var places = LayerPlaces()
    private var first: (header: RoutingTraceHeader, name: String)?
    /// The last layer that passes reach.
    private var lastLayer: Int?
    private var progress: Progress?
    private var passes = 0

    /// How far the pass under way has come.
    private struct Progress {
        let line: Int
        let firstLayer: Int
        var layer: Int
        /// Tokens in this layer.
        var tokens = 0
    }

    init(_ job: TraceJob) { self.job = job }

    mutating func read(_ scanner: inout TraceScanner) throws {
        let header = try RoutingTraceHeader(&scanner)
        try settle(header, scanner)
        (progress, passes, lastLayer) = (nil, 0, nil)
        var needsText = true
        let cut = try job.forEachLine(of: &scanner) { scanner in
            switch try OffstageTraceLine(&scanner, header: header) {
            case .text(let text):
                try endPass(scanner)
                builder.beginText(RoutingTable.Text(name: text.name, domain: text.domain))
                needsText = false
            case .entry(let entry):
                if begins(entry) {
                    try endPass(scanner)
                    if needsText || (header.version == 1 && entry.token == 0) {
                        builder.beginText(job.text(of: scanner))
                    }
                    needsText = false
                    beginPass(entry, scanner.line)
                }
                try add(entry, header, scanner)
            }
        }
        try end(cut, header, scanner)
    }

    consuming func finish() throws -> RoutingTable { builder.finish() }

    private mutating func settle(_ header: RoutingTraceHeader, _ scanner: borrowing TraceScanner) throws {
        guard let first else {
            try job.check(experts: header.experts, topK: header.topK, name: scanner.name)
            builder.settle(model: header.model, experts: header.experts, topK: header.topK)
            self.first = (header, scanner.name)
            return
        }
        let (one, other) = (first.header, header)
        guard (one.layers, one.experts, one.topK) == (other.layers, other.experts, other.topK) else {
            throw ProfilingError(
                "\(scanner.name) is of a model with \(other.shape), but \(first.name) of one with \(one.shape); profile "
                    + "them one by one")
        }
    }

    /// Whether a token begins a pass: all layers but the first only see tokens that the first one saw.
    private func begins(_ entry: RoutingTraceEntry) -> Bool {
        guard let progress, let pass = builder.pass else { return true }
        if entry.layer < progress.layer || entry.phase != pass.phase { return true }
        guard entry.layer == progress.firstLayer else { return false }
        return entry.phase == .decode || entry.token != pass.position + progress.tokens
    }

    private mutating func beginPass(_ entry: RoutingTraceEntry, _ line: Int) {
        builder.beginPass(entry.phase, position: entry.token, ids: [])
        progress = Progress(line: line, firstLayer: entry.layer, layer: entry.layer)
        passes += 1
    }

    private mutating func add(
        _ entry: RoutingTraceEntry, _ header: RoutingTraceHeader, _ scanner: borrowing TraceScanner
    ) throws {
        guard var progress, let pass = builder.pass else { preconditionFailure("a token outside of a pass") }
        if entry.layer > progress.layer {
            try checkLayer(progress, pass, scanner)
            (progress.layer, progress.tokens) = (entry.layer, 0)
        }
        let token = pass.tokens.lowerBound + progress.tokens
        if entry.layer == progress.firstLayer {
            builder.extendPass(id: Int32(clamping: entry.id))
        } else if !pass.tokens.contains(token) || entry.token != pass.position + progress.tokens
            || entry.id != builder.id(of: token)
        {
            throw scanner.error(
                "token \(entry.token) with the id \(entry.id) is not the next of the pass that begins in line "
                    + "\(progress.line); all its layers should have the tokens of its first, in their order")
        }
        let size = header.expertBytes.flatMap { $0.isEmpty ? nil : $0[entry.layer] }
        let place = places.place(
            of: entry.layer, expertBytes: size == 0 ? nil : size, in: &builder)
        if let refusal = builder.add(
            token, layer: place, experts: entry.experts, weights: entry.weights, gate: entry.gate,
            dropped: entry.dropped)
        {
            throw scanner.error("\(refusal)")
        }
        progress.tokens += 1
        self.progress = progress
    }

    private func checkLayer(_ progress: Progress, _ pass: RoutingTable.Pass, _ scanner: borrowing TraceScanner) throws {
        guard progress.tokens == pass.tokens.count else {
            throw scanner.error(
                "layer \(progress.layer) has only \(progress.tokens) of the \(pass.tokens.count) tokens of the pass that "
                    + "begins in line \(progress.line)")
        }
    }

    private mutating func endPass(_ scanner: borrowing TraceScanner) throws {
        guard let progress, let pass = builder.pass else { return }
        try checkLayer(progress, pass, scanner)
        if let lastLayer, lastLayer != progress.layer {
            throw scanner.error(
                "the pass that begins in line \(progress.line) ends with layer \(progress.layer), the ones before it with "
                    + "layer \(lastLayer)")
        }
        lastLayer = progress.layer
        self.progress = nil
    }

    /// The end of a file has to be the end of a pass, too.
    private mutating func end(_ cut: Int?, _ header: RoutingTraceHeader, _ scanner: borrowing TraceScanner) throws {
        guard let progress, let pass = builder.pass else {
            if passes > 0 { return }
            throw ProfilingError("\(scanner.name) holds a header and no routes")
        }
        let last = lastLayer ?? header.layers - 1
        let isWhole = progress.layer >= last && progress.tokens == pass.tokens.count
        if !job.options.allowsPartial {
            guard isWhole else {
                throw scanner.error(
                    "the file ends here, in layer \(progress.layer) of the pass that begins in line \(progress.line); the "
                        + "last is layer \(last). Record it again, or take it as it is with --partial")
            }
            return try endPass(scanner)
        }
        if let cut { builder.remark(job.remark(ofEndAt: cut, in: scanner)) }
        if !isWhole {
            builder.remark(
                "\(scanner.name) ends in layer \(progress.layer) of its last pass; the \(pass.tokens.count) tokens of that "
                    + "pass have no routes beyond.")
        }
        self.progress = nil
    }
}

extension RoutingTraceHeader {
    fileprivate var shape: String { "\(layers) layers of \(experts) experts, \(topK) of them used" }
}
