import Profiling
import Testing

/// Damaged traces are read, or refused, and nothing else happens.
@Suite struct TraceFuzzTests {
    private let folder = try! TraceFolder()

    private static let crumbs = [
        "\n", "\r\n", ",", "\"", "{", "}", "[", "]", ":", "-", ".", "0", "9999999999999999999999", "1e999", "-1", "nan",
        "null",
        "\u{0}", "#", "\\", "{\"text\":{}}\n", "turn", " ", "é",
    ].map { Array($0.utf8) }

    @Test(arguments: TraceSamples.all.indices)
    func `whatever happens to a trace, it is a table or an error`(sample: Int) throws {
        var random = SeededRandom(seed: UInt64(sample))
        let original = Array(TraceSamples.all[sample].utf8)
        let formats: [TraceFormat] = [.offstage, .megatron, .llamaCpp, .llamaCpp, .routeTrace]
        var tables = 0
        for round in 0..<3000 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...3, using: &random) { damage(&bytes, using: &random) }
            let options = TraceOptions(
                format: round.isMultiple(of: 3) ? nil : formats[sample], topK: round.isMultiple(of: 5) ? 2 : nil,
                allowsPartial: round.isMultiple(of: 2))
            do {
                let table = try TraceFile.read([folder.write(bytes)], options: options).table
                #expect(isSound(table))
                tables += 1
            } catch {
                #expect(error is ProfilingError, "\(error)")
            }
        }
        // Neither everything nor nothing is taken.
        #expect((50..<2950).contains(tables))
    }

    private func damage(_ bytes: inout [UInt8], using random: inout SeededRandom) {
        guard !bytes.isEmpty else { return }
        let place = Int.random(in: 0..<bytes.count, using: &random)
        let end = min(bytes.count, place + Int.random(in: 1..<40, using: &random))
        switch Int.random(in: 0..<6, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes[place] = UInt8(ascii: "0") + UInt8.random(in: 0...9, using: &random)
        case 2: bytes.removeSubrange(place..<end)
        case 3: bytes.insert(contentsOf: bytes[place..<end], at: Int.random(in: 0..<bytes.count, using: &random))
        case 4: bytes.insert(contentsOf: Self.crumbs.randomElement(using: &random) ?? [], at: place)
        default: bytes.removeSubrange(place...)
        }
    }

    private func isSound(_ table: RoutingTable) -> Bool {
        table.routes.count == table.layers.count
            && table.passes.map(\.tokens.count).reduce(0, +) == table.tokenCount
            && table.passes.allSatisfy { table.texts.indices.contains($0.text) && $0.position >= 0 }
            && table.routes.allSatisfy { isSound($0, in: table) }
    }

    private func isSound(_ routes: RoutingTable.Routes, in table: RoutingTable) -> Bool {
        routes.starts.count == table.tokenCount + 1
            && routes.starts.last.map(Int.init) == routes.experts.count
            && zip(routes.starts, routes.starts.dropFirst()).allSatisfy { $0 <= $1 }
            && routes.experts.allSatisfy { $0 < table.experts }
            && (routes.weights.isEmpty || routes.weights.count == routes.experts.count)
            && (0..<table.tokenCount).allSatisfy { Set(routes.experts(of: $0)).count == routes.visits(of: $0).count }
    }
}
