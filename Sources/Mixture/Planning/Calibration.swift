package import Tensors

/// Measures what a machine's parts cost, in a second or two.
///
/// Weights and activations lie where they will when the model runs, so that what is measured is what will be paid.
package struct Calibration {
    private let workers: Workers

    package init(_ workers: Workers) { self.workers = workers }

    /// Visits that costs are measured for; between them they are about linear.
    package static let visits = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256]

    /// What loops and steps cost, and how fast memory is read.
    ///
    /// - Parameter memory: to read; as much as there is, up to some hundred megabytes.
    package func constants(reading memory: UnsafeMutableRawBufferPointer) -> CostConstants {
        let threads = workers.count
        let emptyLoop = seconds { workers.forEach(threads) { _ in } }
        let steps = 64
        let team = Workers.Team(threads: threads, units: Array(repeating: threads, count: steps))
        let stepped = seconds { try? workers.run([team], { _, _, _ in }, didFinish: { _, _ in }) }
        let units = 64 * threads
        let flat = Workers.Team(threads: threads, units: [units])
        let unit = seconds { try? workers.run([flat], { _, _, _ in }, didFinish: { _, _ in }) }
        let perUnit = max(0, unit - emptyLoop) / Double(units / threads)
        return CostConstants(
            threads: threads, loop: emptyLoop, step: max(0, stepped - emptyLoop) / Double(steps) - perUnit,
            unit: perUnit, bandwidthAlone: bandwidth(memory, threads: 1),
            bandwidthTogether: bandwidth(memory, threads: threads))
    }

    /// Bytes per second that so many threads read together.
    private func bandwidth(_ memory: UnsafeMutableRawBufferPointer, threads: Int) -> Double {
        let part = memory.count / threads / 4096 * 4096
        guard part > 0 else { return 0 }
        let memory = UncheckedMemory(memory)
        let time = seconds {
            workers.forEach(threads) { thread in
                _ = readThrough(UnsafeRawBufferPointer(rebasing: memory.bytes[thread * part..<(thread + 1) * part]))
            }
        }
        return Double(part * threads) / time
    }

    private func seconds(_ body: () -> Void) -> Double {
        Timing.seconds { turns in for _ in 0..<turns { body() } }.seconds
    }
}

/// How long something takes that may be done any number of times.
enum Timing {
    /// Least time for a measurement, and how often each is made, of which the median counts.
    private static let leastSeconds = 300e-6
    private static let rounds = 5

    /// - Parameter body: does so many turns.
    /// - Returns: seconds for a turn, and how many were made at once.
    static func seconds(first: Int = 1, _ body: (_ turns: Int) -> Void) -> (seconds: Double, turns: Int) {
        body(first)
        var turns = first
        var times: [Double] = []
        while times.count < rounds {
            let start = ContinuousClock.now
            body(turns)
            let time = (ContinuousClock.now - start) / .seconds(1)
            if times.isEmpty, time < leastSeconds, turns < 1 << 20 {
                turns *= 2
            } else {
                times.append(time / Double(turns))
            }
        }
        return (times.sorted()[rounds / 2], turns)
    }
}

private struct UncheckedMemory: @unchecked Sendable {  // Read only.
    let bytes: UnsafeMutableRawBufferPointer
    init(_ bytes: UnsafeMutableRawBufferPointer) { self.bytes = bytes }
}
