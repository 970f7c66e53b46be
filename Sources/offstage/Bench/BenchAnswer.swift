import Foundation
import Inference
import ModelFiles
import Profiling
import Tensors

/// The model that is timed, in the words of its table.
struct BenchSubject: Encodable {
    let name: String
    let sizeBytes: Int
    let parameters: Int
    let activeParameters: Int

    init(_ summary: ModelSummary) {
        name = summary.name
        sizeBytes = summary.denseBytes + summary.expertBytes
        parameters = summary.denseParameters + summary.expertParameters
        activeParameters = summary.activeParameters
    }
}

/// The machine that something is timed on.
struct BenchMachine: Encodable {
    var processor = CPU.name
    var kernels = "\(CPU.level)"
    var cacheBytes = CPU.lastLevelCacheBytes()
    /// Of the last minute, others included.
    var loadAverage = BenchMachine.load

    private static var load: Double {
        var averages = [0.0, 0, 0]
        return getloadavg(&averages, 3) > 0 ? averages[0] : 0
    }
}

/// All that `bench` found of a model.
struct BenchAnswer: Encodable {
    let model: BenchSubject
    let machine = BenchMachine()
    let repetitions: Int
    let warmUp: Bool
    let seed: UInt64
    let interrupted: Bool
    let tests: [BenchResult]

    init(_ subject: BenchSubject, _ tests: [BenchResult], repetitions: Int, warmsUp: Bool, seed: UInt64) {
        model = subject
        self.tests = tests
        self.repetitions = repetitions
        warmUp = warmsUp
        self.seed = seed
        interrupted = Interruption.isRequested
    }

    /// The machine and its ceilings, below the table.
    var machineText: String { machine.text(tests.map { ($0.threads, $0.samples.map(\.ceilings)) }) }
}

extension BenchMachine {
    /// - Parameter ceilings: what was measured, and on how many threads.
    func text(_ ceilings: [(threads: Int, samples: [Ceilings.Sample])]) -> String {
        let counts = ceilings.map(\.threads).uniqued()
        let lines = counts.map { threads in
            let samples = ceilings.filter { $0.threads == threads }.flatMap(\.samples)
            let reads = samples.compactMap(\.bytesPerSecond).median.map { String(format: "reads %.1f GB/s", $0 / 1e9) }
            let products = Ceilings.Arithmetic.allCases.compactMap { kind in
                samples.compactMap { $0.multiplyAdds[kind] }.median.map {
                    String(format: "%@ %.0f G multiply-adds/s", instructions(kind), $0 / 1e9)
                }
            }
            return "\(threads) thread\(threads == 1 ? "" : "s") at most: "
                + ([reads].compactMap(\.self) + products).joined(separator: ", ")
        }
        let machine = "\(processor), \(kernels), load average " + String(format: "%.1f", loadAverage)
        return ([machine] + lines).joined(separator: "; ") + "\n"
    }

    private func instructions(_ kind: Ceilings.Arithmetic) -> String {
        switch (kind, CPU.level) {
        case (.floats, _): "f32"
        case (.bytes, .avx2): "vpmaddubsw + vpmaddwd + vpaddd"
        case (.bytes, _): "vpdpbusd"
        }
    }
}
