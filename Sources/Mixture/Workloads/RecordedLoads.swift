package import Profiling

/// What a recorded trace asked of every layer, step by step, to plan for it as if it came again.
///
/// A trace has as many calls as passes times layers, but few kinds of them: every decoded token is the same load. Each is kept
/// once, so that a cost model need look at it once.
package struct RecordedLoads: Sendable {
    package struct Load: Sendable, Equatable {
        package var call: LayerCall
        /// How often it comes.
        package var count: Int

        package init(call: LayerCall, count: Int) {
            self.call = call
            self.count = count
        }
    }

    package let model: String
    /// Bytes of an expert, on average, where the trace says it.
    package let expertBytes: Int?
    /// Those that differ, in the order in which they first come.
    package private(set) var loads: [Load] = []
    /// Calls as they came, pass by pass and in each layer by layer: indices into ``loads``.
    package private(set) var order: [UInt32] = []

    /// Turns the passes of a table into loads. A layer where no token of a pass visits an expert has none.
    ///
    /// - Parameter batch: tokens that pass a layer together at most; longer prompts are cut. Nil: as they were recorded.
    /// - Throws: ``WorkloadError`` for a table without any.
    package init(_ table: RoutingTable, batch: Int? = nil) throws {
        if let batch, batch < 1 { throw WorkloadError("A batch of \(batch) tokens: there must be at least 1.") }
        model = table.model
        let bytes = table.layers.compactMap(\.expertBytes)
        expertBytes = bytes.isEmpty ? nil : bytes.reduce(0, +) / bytes.count
        var places: [LayerCall: UInt32] = [:]
        var counter = VisitCounter(experts: table.experts)
        let numbers = table.layerNumbers
        for pass in table.passes {
            let end = pass.tokens.upperBound
            let most = min(batch ?? .max, max(1, pass.tokens.count))
            for first in stride(from: pass.tokens.lowerBound, to: end, by: most) {
                let tokens = first..<first + min(most, end - first)
                for (layer, routes) in zip(numbers, table.routes) {
                    guard let (count, visits) = counter.count(tokens, routes) else { continue }
                    add(
                        LayerCall(
                            layer: layer, phase: LayerCall.Phase(pass.phase), tokens: count, experts: table.experts,
                            visits: visits), &places)
                }
            }
        }
        guard !order.isEmpty else {
            throw WorkloadError(withoutLoads: table)
        }
    }

    /// Reads traces, as a profile does, and turns them into loads.
    ///
    /// - Throws: ``ProfilingError`` that names file and line, ``WorkloadError`` for traces without loads.
    package init(
        tracesAt paths: [String], options: TraceOptions = TraceOptions(), batch: Int? = nil,
        isCancelled: @escaping () -> Bool = { false },
        onProgress: @escaping (_ bytesDone: Int, _ bytesAll: Int) -> Void = { _, _ in }
    ) throws {
        let table = try TraceFile.read(paths, options: options, isCancelled: isCancelled, onProgress: onProgress).table
        try self.init(table, batch: batch)
    }

    /// All calls as they came.
    package var calls: some Sequence<LayerCall> { order.lazy.map { loads[Int($0)].call } }

    private mutating func add(_ call: LayerCall, _ places: inout [LayerCall: UInt32]) {
        let place = places[call] ?? UInt32(loads.count)
        if place == loads.count {
            places[call] = place
            loads.append(Load(call: call, count: 0))
        }
        loads[Int(place)].count += 1
        order.append(place)
    }
}

extension WorkloadError {
    init(withoutLoads table: RoutingTable) {
        self.init(
            "The trace of \(table.model) holds no token that visits an expert, so there is no load to plan for; record "
                + "another with run --trace.")
    }
}

/// Counts the visits of each expert, in memory that is used again.
private struct VisitCounter {
    private var visits: [Int]

    init(experts: Int) { visits = Array(repeating: 0, count: experts) }

    /// Tokens that visit any expert of a layer, and the visits of those that are visited, by ascending expert; nil where
    /// there are none.
    mutating func count(_ tokens: Range<Int>, _ routes: RoutingTable.Routes) -> (tokens: Int, visits: [Int])? {
        let experts = routes.experts[Int(routes.starts[tokens.lowerBound])..<Int(routes.starts[tokens.upperBound])]
        guard !experts.isEmpty else { return nil }
        for expert in experts { visits[Int(expert)] += 1 }
        let visited = Set(experts).sorted()
        defer { for expert in visited { visits[Int(expert)] = 0 } }
        return (tokens.count { !routes.visits(of: $0).isEmpty }, visited.map { visits[Int($0)] })
    }
}

extension RoutingTable {
    /// The number of every layer: its name, where all names are numbers.
    fileprivate var layerNumbers: [Int] {
        let numbers = layers.compactMap { Int($0.name) }
        return Set(numbers).count == layers.count ? numbers : Array(layers.indices)
    }
}

extension LayerCall.Phase {
    fileprivate init(_ phase: RoutingTraceEntry.Phase) {
        switch phase {
        case .prompt: self = .prompt
        case .decode: self = .decode
        }
    }
}
