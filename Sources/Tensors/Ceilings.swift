import CKernels

/// What the machine can do at most on some threads, measured beside what is held against it, as often as one likes.
package final class Ceilings {
    /// What products are made of: bytes, where weights are quantized, or floats.
    package enum Arithmetic: String, CaseIterable, Sendable {
        case bytes = "int8"
        case floats = "f32"
    }

    /// What was found at one time.
    package struct Sample: Sendable {
        /// Memory read; nil where there is none to spare for it.
        package var bytesPerSecond: Double?
        /// Numbers multiplied and added; none where a level leaves the choice of instructions to the compiler.
        package var multiplyAdds: [Arithmetic: Double]

        package init(bytesPerSecond: Double?, multiplyAdds: [Arithmetic: Double]) {
            self.bytesPerSecond = bytesPerSecond
            self.multiplyAdds = multiplyAdds
        }

        /// The greater of both, one by one: others on the machine only ever take something away.
        package func best(with other: Sample) -> Sample {
            Sample(
                bytesPerSecond: [bytesPerSecond, other.bytesPerSecond].compactMap(\.self).max(),
                multiplyAdds: multiplyAdds.merging(other.multiplyAdds, uniquingKeysWith: max))
        }
    }

    private let workers: Workers
    private let memory: WorkingSet?
    /// Where the next part of the memory begins.
    private var next = 0

    /// - Parameter memory: what to read; nil: reading is not measured.
    package init(on workers: Workers, reading memory: WorkingSet?) {
        self.workers = workers
        self.memory = memory
    }

    /// Measures all of them: the best of a few tries each, some tenths of a second in all.
    package func measured(_ kinds: [Arithmetic] = Arithmetic.allCases) -> Sample {
        let rates = kinds.compactMap { kind in multiplyAdds(kind).map { (kind, $0) } }
        return Sample(
            bytesPerSecond: memory.map { memory in memory.withBytes(read) },
            multiplyAdds: Dictionary(uniqueKeysWithValues: rates))
    }

    /// Reads a part of the memory at a time, so that each is read again only after all others.
    private func read(_ bytes: UnsafeRawBufferPointer) -> Double {
        let length = min(bytes.count, max(bytes.count / 4, 64 << 20))
        let seconds = Workers.distancesAhead.map { ahead in
            if next + length > bytes.count { next = 0 }
            let part = UnsafeRawBufferPointer(rebasing: bytes[next..<next + length])
            next += length
            return Self.seconds { workers.read(part, threads: workers.count, ahead: ahead) }
        }
        return Double(length) / seconds.min()!
    }

    private static let (tries, tilesPerThread, rounds) = (3, 8, 1 << 15)

    private func multiplyAdds(_ kind: Arithmetic) -> Double? {
        let kernel = kind == .bytes ? ck_bytes : ck_floats
        let level = ck_level(rawValue: CPU.level.rawValue)
        guard case let count = ck_multiply_add(level, kernel, 1), count > 0 else { return nil }
        let tiles = Self.tilesPerThread * workers.count
        let seconds = (0..<Self.tries).map { _ in
            Self.seconds { workers.forEach(tiles) { _ in _ = ck_multiply_add(level, kernel, Self.rounds) } }
        }
        return Double(count) * Double(Self.rounds * tiles) / seconds.min()!
    }

    private static func seconds(_ body: () -> Void) -> Double {
        let start = ContinuousClock.now
        body()
        return max((ContinuousClock.now - start) / .seconds(1), 1e-9)
    }
}

extension WeightFormat {
    /// What products with it are made of.
    package var arithmetic: Ceilings.Arithmetic { isQuantized ? .bytes : .floats }
}

extension Workers {
    /// How far ahead of what is read memory may be asked for: which is best hangs on the processor. 0: not at all.
    package static let distancesAhead = [0, 2048]

    /// Reads all of some memory but its last few bytes, piece by piece, as fast as may be.
    ///
    /// - Parameter threads: all, or one, which is the caller's.
    package func read(_ memory: UnsafeRawBufferPointer, threads: Int, ahead: Int) {
        let piece = max(4096, min(1 << 20, memory.count / (4 * threads) / 4096 * 4096))
        let memory = Lent(bytes: memory)
        let level = ck_level(rawValue: CPU.level.rawValue)
        @Sendable func read(_ number: Int) {
            let length = min(piece, memory.bytes.count - number * piece) / 256 * 256
            if length > 0 { _ = ck_read(level, memory.bytes.baseAddress! + number * piece, length, ahead) }
        }
        let pieces = (memory.bytes.count + piece - 1) / piece
        if threads == 1 {
            for number in 0..<pieces { read(number) }
        } else {
            forEach(pieces, read)
        }
    }

    private struct Lent: @unchecked Sendable {  // Read only, and the loop ends before the loan does.
        let bytes: UnsafeRawBufferPointer
    }
}
