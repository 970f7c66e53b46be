extension Workers {
    /// Chunks of a loop: 64 at most, so that sums kept for each of them stay few. They depend on the count alone, so what is
    /// summed chunk by chunk has the same bits on any number of threads.
    static func chunks(of count: Int, atLeast least: Int) -> Int {
        let size = chunkSize(of: count, atLeast: least)
        return (count + size - 1) / size
    }

    private static func chunkSize(of count: Int, atLeast least: Int) -> Int {
        max(least, (count + 63) / 64, 1)
    }

    /// Runs `body` for consecutive ranges of the indices below `count`, each of at least `least` (but the last).
    func forEachChunk(of count: Int, atLeast least: Int, _ body: @Sendable (_ chunk: Int, Range<Int>) -> Void) {
        let size = Self.chunkSize(of: count, atLeast: least)
        forEach(Self.chunks(of: count, atLeast: least)) { chunk in
            body(chunk, chunk * size..<min((chunk + 1) * size, count))
        }
    }

    /// The sum of a number of every index, chunk by chunk in ascending order.
    func sum(of count: Int, atLeast least: Int, _ number: @Sendable (Int) -> Double) -> Double {
        sumOfChunks(of: count, atLeast: least) { range in range.reduce(0) { $0 + number($1) } }
    }

    /// The sum of a number of every chunk, in ascending order.
    func sumOfChunks(of count: Int, atLeast least: Int, _ number: @Sendable (Range<Int>) -> Double) -> Double {
        withUnsafeTemporaryAllocation(of: Double.self, capacity: 64) { sums in
            let sums = Sums(at: sums.baseAddress!)
            forEachChunk(of: count, atLeast: least) { chunk, range in sums.at[chunk] = number(range) }
            return (0..<Self.chunks(of: count, atLeast: least)).reduce(0) { $0 + sums.at[$1] }
        }
    }
}

/// One number for each chunk.
private struct Sums: @unchecked Sendable {  // Each chunk writes its own; they outlive the loop.
    let at: UnsafeMutablePointer<Double>
}
