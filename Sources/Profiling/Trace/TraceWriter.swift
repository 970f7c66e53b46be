extension RoutingTable {
    /// Writes the table as a trace that ``TraceFile`` reads.
    ///
    /// - Parameters:
    ///   - path: written under a temporary name and renamed at the end; a file of that name is replaced.
    ///   - onProgress: hears how many tokens have been written.
    /// - Returns: what the format has no place for, in whole sentences.
    /// - Throws: ``ProfilingError``, and nothing of the file stays; `CancellationError`.
    package func write(
        as format: TraceFormat, to path: String, isCancelled: @escaping () -> Bool = { false },
        onProgress: @escaping (_ tokensDone: Int, _ tokensAll: Int) -> Void = { _, _ in }
    ) throws -> [String] {
        let monitor = TraceMonitor(all: tokenCount, isCancelled: isCancelled, onProgress: onProgress)
        var output = try TraceOutput(path: path, writesThrough: false)
        var writer = format.writer
        try output.append { try writer.begin(self, &$0) }
        for pass in passes {
            try monitor.checkCancellation()
            for layer in layers.indices { try writer.write(pass, layer: layer, of: self, to: &output) }
            monitor.add(pass.tokens.count)
        }
        try monitor.checkCancellation()
        try output.finish()
        return losses(as: format)
    }

    private func losses(as format: TraceFormat) -> [String] {
        let losses: [(isHeld: Bool, formats: Set<TraceFormat>, sentence: String)] = [
            (
                routes.contains { !$0.weights.isEmpty }, [.megatron, .llamaCpp],
                "The weights of the experts are left out."
            ),
            (
                format == .offstage && routes.contains(where: \.hasHalfKnownWeights), [.offstage],
                "The weights of tokens that have one which is not known are left out."
            ),
            (ids.contains { $0 >= 0 }, [.megatron, .llamaCpp, .routeTrace], "The tokens' ids are left out."),
            (
                texts.contains { $0.name != nil || $0.domain != nil }, [.megatron, .llamaCpp, .routeTrace],
                "The names and domains of the texts are left out."
            ),
            (texts.count > 1, [.megatron, .llamaCpp], "Where a text ends and another begins is left out."),
            (
                routes.contains { !$0.gates.isEmpty }, [.megatron, .llamaCpp, .routeTrace],
                "How decided the gates were is left out."
            ),
            (routes.contains { !$0.drops.isEmpty }, [.megatron, .llamaCpp], "Choices that were dropped are left out."),
            (
                passes.contains { ($0.phase == .decode) != ($0.tokens.count == 1) }, [.megatron],
                "Which tokens were read and which were written is left out."
            ),
            (
                layers.contains { $0.expertBytes != nil }, [.megatron, .llamaCpp],
                "The sizes of the experts are left out."
            ),
            (
                zip(layers, layerNumbers).contains { $0.name != "\($1)" }, [.offstage, .llamaCpp, .routeTrace],
                "Layers are numbered; their names are left out."
            ),
            (
                true, [.megatron, .llamaCpp],
                "How many experts a layer has is left out; readers will want --experts \(experts)."
            ),
        ]
        return losses.filter { $0.isHeld && $0.formats.contains(format) }.map(\.sentence)
    }
}

extension RoutingTable.Routes {
    /// Whether there is a token of whose weights some are known and some are not.
    fileprivate var hasHalfKnownWeights: Bool {
        !weights.isEmpty
            && zip(starts, starts.dropFirst()).contains { first, end in
                let weights = weights[Int(first)..<Int(end)]
                return weights.contains(where: \.isNaN) && !weights.allSatisfy(\.isNaN)
            }
    }
}

/// Writes a table in one of the formats.
protocol TraceWriter {
    /// What stands above all else.
    mutating func begin(_ table: RoutingTable, _ text: inout [UInt8]) throws
    /// What the tokens of a pass do in a layer.
    mutating func write(
        _ pass: RoutingTable.Pass, layer: Int, of table: RoutingTable, to output: inout TraceOutput) throws
}

extension TraceFormat {
    fileprivate var writer: any TraceWriter {
        switch self {
        case .offstage: OffstageTableWriter()
        case .megatron: MegatronTableWriter()
        case .llamaCpp: ColumnTableWriter(format: .llamaCpp)
        case .routeTrace: ColumnTableWriter(format: .routeTrace)
        }
    }
}

extension RoutingTable {
    /// The number of every layer: its name where all names are numbers, else its place.
    var layerNumbers: [Int] {
        let numbers = layers.compactMap { Int($0.name) }.filter { (0..<TraceFormat.mostLayers).contains($0) }
        let isAscending = zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 }
        return isAscending && numbers.count == layers.count ? numbers : Array(layers.indices)
    }
}

/// Goes along the dropped choices of each layer as tokens are written.
struct DropCursor {
    private var next: [Int] = []

    /// The ranks that a token, at least as far as the last one in this layer, was denied.
    mutating func ranks(of token: Int, layer: Int, in table: RoutingTable) -> [Int] {
        let drops = table.routes[layer].drops
        if drops.isEmpty { return [] }
        while next.count <= layer { next.append(0) }
        var ranks: [Int] = []
        while next[layer] < drops.count, drops[next[layer]].token <= token {
            if drops[next[layer]].token == token { ranks.append(Int(drops[next[layer]].rank)) }
            next[layer] += 1
        }
        return ranks
    }
}
