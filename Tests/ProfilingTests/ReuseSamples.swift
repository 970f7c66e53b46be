import Profiling

extension RoutingTable {
    /// Passes of any length; `visits[layer][token]` are the experts of a token.
    static func passes(
        _ passes: [(phase: RoutingTraceEntry.Phase, tokens: Int)], experts: Int, topK: Int, visits: [[[Int]]],
        expertBytes: [Int?] = []
    ) -> RoutingTable {
        var builder = RoutingTableBuilder(model: "sample", experts: experts, topK: topK)
        let layers = visits.indices.map { layer in
            builder.layer(named: "\(layer)", expertBytes: expertBytes.isEmpty ? nil : expertBytes[layer])
        }
        for (phase, tokens) in passes {
            let first = builder.tokenCount
            builder.beginPass(phase, position: first, ids: [Int32](repeating: -1, count: tokens))
            for layer in layers {
                for token in first..<first + tokens where !visits[layer][token].isEmpty {
                    let isTaken = builder.append(token, layer: layer, experts: visits[layer][token])
                    precondition(isTaken, "token \(token) of layer \(layer)")
                }
            }
        }
        return builder.finish()
    }

    /// One layer of which each token that is written visits some experts.
    static func written(_ visits: [[Int]], experts: Int) -> RoutingTable {
        sample(experts: experts, topK: 1, routes: [visits])
    }

    /// Prompts and written tokens with 0 to 3 visits in each of two layers.
    static func ragged(experts: Int, passes: Int, seed: UInt64) -> RoutingTable {
        var random = SeededRandom(seed: seed)
        let lengths = (0..<passes).map { $0 % 7 == 0 ? Int.random(in: 1...4, using: &random) : 1 }
        let visits = (0..<2).map { _ in
            (0..<lengths.reduce(0, +)).map { _ in
                Array((0..<experts).shuffled(using: &random).prefix(Int.random(in: 0...3, using: &random)))
            }
        }
        return .passes(
            lengths.enumerated().map { ($0 % 7 == 0 ? .prompt : .decode, $1) }, experts: experts, topK: 3,
            visits: visits)
    }

    /// What every pass asks for in every layer, numbered through the layers, and whether it is a written token's.
    var steps: [(experts: [Int], isWritten: Bool)] {
        passes.flatMap { pass in
            layers.indices.map { layer in
                let asked = Set(pass.tokens.flatMap { routes[layer].experts(of: $0).map { layer * experts + Int($0) } })
                return (asked.sorted(), pass.phase == .decode)
            }
        }
    }
}
