/// A table in the making whose tokens are told apart when it is known how many experts each visits.
struct PairTable {
    var texts: [RoutingTable.Text] = []
    var remarks: [String] = []
    private(set) var greatest = 0
    private(set) var last = 0

    private var layers: [Int] = []
    /// By the number of a layer; −1 where there is none.
    private var places = [Int](repeating: -1, count: TraceFormat.mostLayers)
    /// For each layer the experts of all tokens.
    private var experts: [[UInt16]] = []
    private var passes: [Passes] = []
    /// How many rows passes have in every layer: few passes differ in that.
    private var shapes: [[UInt32]] = []
    private var shapeIndex: [[UInt32]: Int] = [:]
    private var shape: [UInt32] = []
    private var shapeSize = 0
    private var place = 0
    /// For every expert the last run that it came up in.
    private var lastRun: [UInt64] = []
    private var run: UInt64 = 0

    private static let mostShapes = 1 << 22

    /// Passes of one shape that follow each other in a text: what is written token by token is one of these.
    private struct Passes {
        var shape: Int
        var text: Int
        var count = 1
    }

    mutating func beginRun(layer: Int) {
        run += 1
        place = places[layer]
        if place < 0 {
            place = layers.count
            places[layer] = place
            layers.append(layer)
            experts.append([])
        }
        while shape.count <= place { shape.append(0) }
    }

    /// - Returns: false for an expert that came up in this run before.
    mutating func append(_ expert: Int) -> Bool {
        experts[place].append(UInt16(truncatingIfNeeded: expert))
        shape[place] += 1
        greatest = max(greatest, expert)
        while lastRun.count <= expert { lastRun.append(0) }
        last = expert
        defer { lastRun[expert] = run }
        return lastRun[expert] != run
    }

    mutating func removeLast(_ count: Int) {
        experts[place].removeLast(count)
        shape[place] -= UInt32(count)
    }

    /// Tokens are counted in 32 bits.
    func checkRoom(_ scanner: borrowing TraceScanner) throws {
        if experts[place].count > Int(UInt32.max) { throw scanner.error("\(RouteRefusal.tooManyVisits)") }
    }

    mutating func endPass(_ scanner: borrowing TraceScanner) throws {
        defer { shape.removeAll(keepingCapacity: true) }
        guard shape.contains(where: { $0 > 0 }) else { return }
        if let last = passes.last, shape == shapes[last.shape] { return addPass(shape: last.shape) }
        let index = shapeIndex[shape] ?? shapes.count
        if index == shapes.count {
            shapeIndex[shape] = index
            shapes.append(shape)
            shapeSize += shape.count
            guard shapeSize <= Self.mostShapes else {
                throw scanner.error("passes differ too much in the layers that they visit; this is no trace of a model")
            }
        }
        addPass(shape: index)
    }

    private mutating func addPass(shape: Int) {
        let last = passes.count - 1
        if last >= 0, passes[last].shape == shape, passes[last].text == texts.count - 1 {
            passes[last].count += 1
        } else {
            passes.append(Passes(shape: shape, text: texts.count - 1))
        }
    }

    consuming func table(model: String, experts count: Int, topK: Int) throws -> RoutingTable {
        var table = RoutingTable(model: model, experts: count, topK: topK)
        table.texts = texts
        table.remarks = remarks
        let tokens = shapes.map { Int($0.max() ?? 0) / topK }
        table.passes = passes(tokens: tokens)
        table.ids = [Int32](repeating: -1, count: table.passes.last?.tokens.upperBound ?? 0)
        let visits = experts.reduce(0) { $0 + $1.count }
        if RoutingTable.isMostlyEmpty(tokens: table.tokenCount, layers: layers.count, visits: visits) {
            throw ProfilingError(
                "\(model): \(RouteRefusal.mostlyEmpty(tokens: table.tokenCount, layers: layers.count))")
        }
        var repetitions = 0
        for place in layers.indices.sorted(by: { layers[$0] < layers[$1] }) {
            table.layers.append(RoutingTable.Layer(name: "\(layers[place])"))
            table.routes.append(
                routes(at: place, tokens: tokens, tokenCount: table.tokenCount, topK: topK, &repetitions))
        }
        addRemarks(to: &table, repetitions: repetitions)
        return table
    }

    private func passes(tokens: [Int]) -> [RoutingTable.Pass] {
        var (first, position, text) = (0, 0, -1)
        var all: [RoutingTable.Pass] = []
        all.reserveCapacity(passes.reduce(0) { $0 + $1.count })
        for alike in passes {
            if alike.text != text { (position, text) = (0, alike.text) }
            let count = tokens[alike.shape]
            for _ in 0..<alike.count {
                all.append(
                    RoutingTable.Pass(
                        tokens: first..<first + count, phase: count == 1 ? .decode : .prompt, text: text,
                        position: position))
                (first, position) = (first + count, position + count)
            }
        }
        return all
    }

    /// The last layer of a prompt is asked only about the tokens whose output is wanted, so tokens are counted from the
    /// end of a pass.
    private mutating func routes(
        at place: Int, tokens: [Int], tokenCount: Int, topK: Int, _ repetitions: inout Int
    ) -> RoutingTable.Routes {
        var routes = RoutingTable.Routes()
        swap(&routes.experts, &experts[place])
        routes.starts.reserveCapacity(tokenCount + 1)
        var (read, written) = (0, 0)
        for alike in passes {
            let shape = shapes[alike.shape]
            let known = place < shape.count ? Int(shape[place]) / topK : 0
            for _ in 0..<alike.count {
                for _ in known..<tokens[alike.shape] { routes.starts.append(UInt32(written)) }
                for _ in 0..<known {
                    run += 1
                    for index in read..<read + topK {
                        let expert = routes.experts[index]
                        if lastRun[Int(expert)] == run { continue }
                        lastRun[Int(expert)] = run
                        routes.experts[written] = expert
                        written += 1
                    }
                    read += topK
                    routes.starts.append(UInt32(written))
                }
            }
        }
        repetitions += read - written
        routes.experts.removeLast(routes.experts.count - written)
        return routes
    }

    private func addRemarks(to table: inout RoutingTable, repetitions: Int) {
        table.remarks.append(
            "The trace does not tell reading from writing; steps of a single token are taken as written, others as read."
        )
        guard table.passes.contains(where: { $0.phase == .prompt }) else { return }
        table.remarks.append(
            "The example of llama.cpp that writes such rows may note wrong experts for all but the first token of a prompt's "
                + "batch (it reads a strided view as if it were contiguous), so do not rely on what was read.")
        if repetitions > 0 {
            table.remarks.append(
                "Visits left out because a token of a prompt would visit the same expert twice: \(repetitions).")
        }
    }
}
