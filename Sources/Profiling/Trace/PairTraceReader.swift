/// Reads what llama.cpp's `moe-trace` writes: rows `layer,expert`, for each layer of a pass the experts of all its tokens.
///
/// How many experts a token visits is not in the file. Rows are kept as they come until that is known.
struct PairTraceReader: TraceReader {
    private let job: TraceJob
    private var model = PairTable()
    private var run = Run()
    private var lengths = RunLengths()
    private var topK: (value: Int, name: String)?

    /// Rows of the same layer, one below the other: tokens of a pass.
    private struct Run {
        var layer = -1
        var rows = 0
        /// The line in which an expert comes up again.
        var repetition: Int?
    }

    init(_ job: TraceJob) { self.job = job }

    mutating func read(_ scanner: inout TraceScanner) throws {
        model.texts.append(job.text(of: scanner))
        (run, lengths) = (Run(), RunLengths())
        var isFirst = true
        let cut = try job.forEachLine(of: &scanner) { scanner in
            defer { isFirst = false }
            if isFirst, scanner.skip("layer,expert") { return try scanner.endLine() }
            try add(&scanner)
        }
        if let cut { model.remarks.append(job.remark(ofEndAt: cut, in: scanner)) }
        guard run.rows > 0 else { throw ProfilingError("\(scanner.name) holds no routes") }
        let topK = try settledTopK(scanner)
        try endFile(topK, scanner)
    }

    consuming func finish() throws -> RoutingTable {
        let topK = topK?.value ?? 1
        if job.options.topK == nil {
            model.remarks.append(
                "The trace does not say how many experts a token visits; \(topK) divides all it holds, say --top-k if it "
                    + "is another number.")
        }
        let experts = try job.experts(greatest: max(model.greatest, topK - 1)) { model.remarks.append($0) }
        return try model.table(model: job.modelName, experts: experts, topK: topK)
    }

    private mutating func add(_ scanner: inout TraceScanner) throws {
        let most = job.options.experts ?? RoutingTableBuilder.mostExperts
        let layer = try scanner.integer("layer", in: 0...TraceFormat.mostLayers - 1)
        try scanner.expect(UInt8(ascii: ","))
        let expert = try scanner.integer("expert", in: 0...most - 1)
        try scanner.endLine()
        if layer != run.layer {
            try endRun(scanner)
            if layer < run.layer { try model.endPass(scanner) }
            run = Run(layer: layer)
            model.beginRun(layer: layer)
        }
        if !model.append(expert), run.repetition == nil { run.repetition = scanner.line }
        run.rows += 1
    }

    private mutating func endRun(_ scanner: borrowing TraceScanner) throws {
        guard run.rows > 0 else { return }
        if let topK = job.options.topK, !run.rows.isMultiple(of: topK) {
            throw scanner.error(
                "the \(run.rows) rows of layer \(run.layer) before this one are no multiple of --top-k \(topK)")
        }
        try model.checkRoom(scanner)
        lengths.add(run.rows, repetition: run.repetition)
    }

    /// Experts of a token, as somebody said or as the lengths of the runs have it.
    private mutating func settledTopK(_ scanner: borrowing TraceScanner) throws -> Int {
        let found = try job.options.topK ?? lengths.topK(scanner)
        if let topK, topK.value != found {
            throw ProfilingError(
                "\(scanner.name) has \(found) experts for each token, but \(topK.name) \(topK.value); profile them one by "
                    + "one, or say --top-k")
        }
        topK = topK ?? (found, scanner.name)
        if let line = lengths.repetition[found] {
            throw scanner.error(
                "a token visits the same expert twice, if it visits \(found); say with --top-k how many it does",
                line: line)
        }
        return found
    }

    /// The last run may have been cut off.
    private mutating func endFile(_ topK: Int, _ scanner: borrowing TraceScanner) throws {
        let rest = run.rows % topK
        if rest > 0 {
            guard job.options.allowsPartial else {
                throw scanner.error(
                    "the file ends after \(rest) of the \(topK) experts of a token, so it was cut off; write or copy it "
                        + "again, or leave its end out with --partial"
                        + (job.options.topK == nil ? " (if a token visits another number, say --top-k)" : ""))
            }
            model.removeLast(rest)
            model.remarks.append(job.remark(ofEndAt: scanner.line - rest + 1, in: scanner))
        }
        if rest == 0, run.rows == topK, let line = run.repetition {
            throw scanner.error("\(RouteRefusal.repeated(model.last))", line: line)
        }
        try model.checkRoom(scanner)
        try model.endPass(scanner)
    }
}

/// How long runs are: multiples of the experts of a token, all of them.
private struct RunLengths {
    /// Experts of a token that nobody has to confirm.
    private static let mostPlausible = 64

    /// For runs of a length the first line in which an expert comes up again.
    private(set) var repetition: [Int: Int] = [:]
    private var divisor = 0
    private var shortest = Int.max

    mutating func add(_ length: Int, repetition line: Int?) {
        var (one, other) = (divisor, length)
        while other > 0 { (one, other) = (other, one % other) }
        divisor = one
        shortest = min(shortest, length)
        if let line, repetition[length] == nil { repetition[length] = line }
    }

    /// The length of the shortest, if it divides them all: a written token, or the last one of a prompt.
    func topK(_ scanner: borrowing TraceScanner) throws -> Int {
        guard divisor == shortest, shortest <= Self.mostPlausible else {
            let found =
                divisor == 0
                ? "there is only one layer" : "layers have \(divisor) rows or multiples, \(shortest) at the least"
            throw ProfilingError(
                "\(scanner.name), lines 1 to \(scanner.line): tried to find out how many experts a token visits, but "
                    + "\(found); say it with --top-k")
        }
        return shortest
    }
}
