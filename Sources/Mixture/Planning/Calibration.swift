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
        let reading = [1, threads].flatMap { threads in
            Workers.distancesAhead.map { ahead in
                Timing.Task { workers.read(UnsafeRawBufferPointer(memory), threads: threads, ahead: ahead) }
            }
        }
        let times = Timing.seconds(
            [
                Timing.Task { workers.forEach(threads) { _ in } },
                Timing.Task { try? workers.run([stepping], { _, _, _ in }, didFinish: { _, _ in }) },
                Timing.Task { try? workers.run([flat], { _, _, _ in }, didFinish: { _, _ in }) },
            ] + reading
        ).map(\.seconds)
        let (alone, together) = (times[3..<3 + reading.count / 2].min()!, times.suffix(reading.count / 2).min()!)
        let perUnit = max(0, times[2] - times[0]) / Double(units / threads)
        return CostConstants(
            threads: threads, loop: times[0], step: max(0, times[1] - times[0]) / Double(steps) - perUnit,
            unit: perUnit, bandwidthAlone: Double(memory.count) / alone,
            bandwidthTogether: Double(memory.count) / together, measuredBytes: memory.count)
    }
}
