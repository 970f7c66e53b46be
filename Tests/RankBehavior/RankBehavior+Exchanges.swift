import Ranks

extension RankBehavior {
    static let exchanges: [RankBehavior] = [
        RankBehavior(description: "an all-to-all brings every part to its rank, empty ones and odd ones") { ranks in
            try exchange(ranks, count: { ($0 * 3 + $1 * 5) % 7 })
        },
        RankBehavior(description: "an all-to-all carries parts of some hundred kilobytes") { ranks in
            try exchange(ranks, count: { $0 == 0 && $1 == ranks.count - 1 ? 100_001 : 1 })
        },
        RankBehavior(description: "an all-to-all of nothing returns") { ranks in
            try exchange(ranks, count: { _, _ in 0 })
        },
        RankBehavior(description: "an all-to-all leaves what lies between segments alone") { ranks in
            let outgoing = (0..<3 * ranks.count).map { UInt8(ranks.rank * 16 + $0) }
            let segments = Segments.listed((0..<ranks.count).map { $0 * 3 + 1..<$0 * 3 + 2 })
            let found = try changed([UInt8](repeating: 255, count: 3 * ranks.count)) { (span) throws(RankFailure) in
                try ranks.allToAll(outgoing.span, segments, into: &span, segments, of: .layer(0))
            }
            let wanted = (0..<ranks.count).flatMap { other -> [UInt8] in
                [255, UInt8(other * 16 + ranks.rank * 3 + 1), 255]
            }
            try confirm(found, is: wanted, "bytes")
        },
        RankBehavior(description: "counts tell each rank how much it will receive") { ranks in
            let found = try ranks.counts(sending: (0..<ranks.count).map { ranks.rank * 10 + $0 }, of: .layer(0))
            try confirm(found, is: (0..<ranks.count).map { $0 * 10 + ranks.rank }, "counts")
        },
        RankBehavior(description: "an all-gather fills in the segments of all ranks") { ranks in
            for scale in [0, 1, 5, 9001] {
                let counts = (0..<ranks.count).map { $0 % 3 * scale }
                let wanted = counts.enumerated().flatMap { [Int32](repeating: Int32($0.offset), count: $0.element) }
                let own = wanted.map { $0 == Int32(ranks.rank) ? $0 : -1 }
                let found = try changed(own) { (span) throws(RankFailure) in
                    try ranks.allGather(&span, .consecutive(counts), of: .layer(scale))
                }
                try confirm(found, is: wanted, "scale \(scale)")
            }
        },
        RankBehavior(description: "an all-gather of byte strings gives each rank's, empty ones too") { ranks in
            let strings = (0..<ranks.count).map { [UInt8](repeating: UInt8($0), count: $0 * 5 % 4) }
            try confirm(try ranks.allGather(strings[ranks.rank], of: .start), is: strings, "strings")
        },
        RankBehavior(description: "a broadcast copies what one rank has, short or long, from any rank") { ranks in
            for root in 0..<ranks.count {
                for length in [0, 1, 3, 8191, 8195] {
                    let wanted = (0..<length).map { Int32($0 * 7 + root) }
                    let own = ranks.rank == root ? wanted : [Int32](repeating: -1, count: length)
                    let found = try changed(own) { (span) throws(RankFailure) in
                        try ranks.broadcast(&span, from: root, of: .start)
                    }
                    try confirm(found, is: wanted, "\(length) from rank \(root)")
                }
            }
        },
        RankBehavior(description: "barriers let all ranks pass") { ranks in
            for number in 0..<5 { try ranks.barrier(Occasion("round", number)) }
        },
        RankBehavior(description: "exchanges that are under way at once end in any order, and can be used again") {
            ranks in
            var first = Exchange<Float>(ranks, outgoing: ranks.count, incoming: ranks.count)
            var second = Exchange<Float>(ranks, outgoing: ranks.count, incoming: ranks.count)
            for round in 0..<3 {
                try start(&first, ranks, value: round * 100)
                try start(&second, ranks, value: round * 100 + 50)
                try ranks.barrier(Occasion("round", round))
                try second.wait()
                try first.wait()
                try confirm(received(first), is: (0..<ranks.count).map { Float(round * 100 + $0) }, "first")
                try confirm(received(second), is: (0..<ranks.count).map { Float(round * 100 + 50 + $0) }, "second")
            }
        },
    ]

    private static func start(_ exchange: inout Exchange<Float>, _ ranks: Communicator, value: Int) throws {
        exchange.withOutgoing { span in
            for index in span.indices { span[index] = Float(value + ranks.rank) }
        }
        try exchange.start(sending: .even(ranks.count), receiving: .even(ranks.count), of: .layer(value))
    }

    private static func received(_ exchange: borrowing Exchange<Float>) -> [Float] {
        exchange.withIncoming { span in span.indices.map { span[$0] } }
    }

    /// Exchanges so many numbers between each pair of ranks, and holds each against what was sent.
    private static func exchange(_ ranks: Communicator, count: (_ from: Int, _ to: Int) -> Int) throws {
        let (own, all) = (ranks.rank, 0..<ranks.count)
        let number = { (from: Int, to: Int, index: Int) in Float(from * 1_000_003 + to * 10_007 + index) }
        let outgoing = all.flatMap { other in (0..<count(own, other)).map { number(own, other, $0) } }
        let wanted = all.flatMap { other in (0..<count(other, own)).map { number(other, own, $0) } }
        let found = try changed([Float](repeating: -1, count: wanted.count)) { (span) throws(RankFailure) in
            try ranks.allToAll(
                outgoing.span, .consecutive(all.map { count(own, $0) }), into: &span,
                .consecutive(all.map { count($0, own) }), of: .layer(7))
        }
        try confirm(found, is: wanted, "numbers")
    }
}
