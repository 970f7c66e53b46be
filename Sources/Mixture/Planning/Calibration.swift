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
        let (steps, units) = (64, 64 * threads)
        let stepping = Workers.Team(threads: threads, units: Array(repeating: threads, count: steps))
        let flat = Workers.Team(threads: threads, units: [units])
        let (alone, together) = (part(of: memory, threads: 1), part(of: memory, threads: threads))
        let times = Timing.seconds([
            Timing.Task { workers.forEach(threads) { _ in } },
            Timing.Task { try? workers.run([stepping], { _, _, _ in }, didFinish: { _, _ in }) },
            Timing.Task { try? workers.run([flat], { _, _, _ in }, didFinish: { _, _ in }) },
            Timing.Task { read(memory, alone, threads: 1) }, Timing.Task { read(memory, together, threads: threads) },
        ]).map(\.seconds)
        let perUnit = max(0, times[2] - times[0]) / Double(units / threads)
        return CostConstants(
            threads: threads, loop: times[0], step: max(0, times[1] - times[0]) / Double(steps) - perUnit,
            unit: perUnit, bandwidthAlone: Double(alone) / times[3],
            bandwidthTogether: Double(together * threads) / times[4])
    }

    /// Bytes that each of so many threads reads.
    private func part(of memory: UnsafeMutableRawBufferPointer, threads: Int) -> Int {
        memory.count / threads / 4096 * 4096
    }

    private func read(_ memory: UnsafeMutableRawBufferPointer, _ part: Int, threads: Int) {
        let memory = UncheckedMemory(memory)
        workers.forEach(threads) { thread in
            _ = readThrough(UnsafeRawBufferPointer(rebasing: memory.bytes[thread * part..<(thread + 1) * part]))
        }
    }
}

private struct UncheckedMemory: @unchecked Sendable {  // Read only.
    let bytes: UnsafeMutableRawBufferPointer
    init(_ bytes: UnsafeMutableRawBufferPointer) { self.bytes = bytes }
}
