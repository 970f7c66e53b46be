import Ranks

/// How long ranks take to exchange what they have, and how much of that computing hides.
struct ExchangeTimes {
    let ranks: Communicator

    func print() throws {
        say("Exchanges of \(ranks.count) ranks; median on rank 0")
        try line("barrier") { try ranks.barrier(.layer(0)) }
        var counts = [Int64](repeating: 1, count: 64)
        try line("all-reduce, 64 whole numbers") {
            var span = counts.mutableSpan
            try ranks.allReduce(&span, by: .max, of: .layer(0))
        }
        var gradients = [Float](repeating: 1, count: 1 << 20)
        try line("all-reduce, 4 MB of floats", bytes: 4 << 20) {
            var span = gradients.mutableSpan
            try ranks.allReduce(&span, by: .sum, of: .layer(0))
        }
        try line("all-reduce, their greatest", bytes: 4 << 20) {
            var span = gradients.mutableSpan
            try ranks.allReduce(&span, by: .max, of: .layer(0))
        }
        for size in [1 << 12, 1 << 16, 1 << 22] {
            var exchange = Exchange<UInt8>(ranks, outgoing: size * ranks.count, incoming: size * ranks.count)
            let parts = Segments.even(size * ranks.count)
            try line("all-to-all, \(size >> 10) KB to each", bytes: size * (ranks.count - 1)) {
                try exchange.start(sending: parts, receiving: parts, of: .layer(0))
                try exchange.wait()
            }
        }
        // A thread copies when it begins, and nothing goes on while it computes.
        if Launch.isSupported { try printOverlap() }
    }

    /// An exchange alone, computing alone for as long, and both at once.
    private func printOverlap() throws {
        let size = 1 << 23
        var exchange = Exchange<UInt8>(ranks, outgoing: size * ranks.count, incoming: size * ranks.count)
        let parts = Segments.even(size * ranks.count)
        let alone = try median(9) {
            try exchange.start(sending: parts, receiving: parts, of: .layer(0))
            try exchange.wait()
        }
        let both = try median(9) {
            try exchange.start(sending: parts, receiving: parts, of: .layer(0))
            compute(for: alone)
            try exchange.wait()
        }
        say(
            "  exchange of 8 MB to each \(number(alone * 1e3, places: 1)) ms, computing as long, both at once "
                + "\(number(both * 1e3, places: 1)) ms: \(number((2 * alone - both) / alone * 100, places: 0)) % hidden"
        )
    }

    private func compute(for seconds: Double) {
        let start = ContinuousClock.now
        while (ContinuousClock.now - start) / .seconds(1) < seconds {}
    }

    private func line(_ name: String, bytes: Int? = nil, _ body: () throws -> Void) throws {
        // Ranks begin in turns, one late and then early: only several rounds in a row tell how long one takes.
        let rounds = 10
        let seconds = try median(9) { for _ in 0..<rounds { try body() } } / Double(rounds)
        let rate =
            bytes.map { "\(padded(number(Double($0) / seconds / 1e9, places: 2), 8, isNumber: true)) GB/s" } ?? ""
        say("  \(padded(name, 34))\(padded(number(seconds * 1e6, places: 1), 10, isNumber: true)) µs\(rate)")
    }

    private func say(_ text: String) {
        if ranks.rank == 0 { Swift.print(text) }
    }
}
