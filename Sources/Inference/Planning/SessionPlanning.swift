import Mixture
import ModelFiles
import Offload
import Tensors
import Transformer

/// A session's planner, and what it knows of the machine and the experts: measured once, and kept.
struct SessionPlanning {
    let planner: Planner
    private let folder: String?
    private var memory: PlanMemory
    private var uses = 0
    /// The names of the shapes that experts have; their places are their numbers.
    private var shapes: [String] = []

    init(_ options: SessionOptions, threads: Int) {
        planner = Planner(options.strategy, threads: threads)
        folder = options.planFolder
        memory = folder.map { PlanMemory(in: $0, threads: threads) } ?? PlanMemory(threads: threads)
    }

    /// Measures what is not known yet of this machine and these experts, in memory that experts will take later.
    mutating func prepare(_ language: LanguageModel, _ cache: ExpertCache, workers: Workers) {
        let layers = 0..<language.architecture.layerCount
        let kinds = [false, true].flatMap { isShared in layers.map { (layer: $0, isShared: isShared) } }
        var costs: [CostModel?] = []
        var (numbers, rows) = ([[Int]](repeating: [], count: 2), [0, 0])
        for kind in kinds {
            guard let (layout, execution) = language.experts(layer: kind.layer, areShared: kind.isShared) else { break }
            let key = PlanMemory.key(layout)
            let number = shapes.firstIndex(of: key) ?? shapes.count
            if number == shapes.count {
                shapes.append(key)
                costs.append(self.costs(key, layout, execution, cache, workers))
                if let learned = memory.shapes[key]?.strategies { planner.adopt(learned, shape: number) }
            }
            numbers[kind.isShared ? 1 : 0].append(number)
            rows[kind.isShared ? 1 : 0] = execution.scratchRows
        }
        planner.knowledge.shape = { numbers[$0.isShared ? 1 : 0][$0.layer] }
        planner.knowledge.prediction = { call, strategy in
            costs[numbers[call.isShared ? 1 : 0][call.layer]]?
                .seconds(
                    call, strategy, scratchRows: rows[call.isShared ? 1 : 0],
                    gathers: !call.isShared && call.tokens > 1)
        }
    }

    /// Keeps what has been measured and learned, after the first use of a session and then less and less often.
    mutating func keep() {
        uses += 1
        guard let folder, uses & (uses - 1) == 0 else { return }
        if planner.choice == .automatic {
            for (number, key) in shapes.enumerated() where memory.shapes[key] != nil {
                memory.shapes[key]!.strategies = planner.learned(shape: number)
            }
        }
        memory.write(in: folder)
    }

    private mutating func costs(
        _ key: String, _ layout: ExpertLayout, _ execution: Execution, _ cache: ExpertCache, _ workers: Workers
    ) -> CostModel? {
        let known = memory.shapes[key]
        let most = min(cache.memoryBytes, Self.mostBytes)
        if let constants = memory.constants(of: most), let known, known.holds(rows: execution.scratchRows, bytes: most)
        {
            return CostModel(constants, known.costs, layout)
        }
        guard folder != nil else { return nil }
        return cache.lendMemory { bytes in
            let part = UnsafeMutableRawBufferPointer(rebasing: bytes.prefix(Self.mostBytes))
            part.initializeMemory(as: UInt8.self, repeating: 0)
            let constants = memory.constants(of: part.count) ?? Calibration(workers).constants(reading: part)
            memory.constants = constants
            guard let costs = execution.measure(layout, in: part, constants) else { return nil }
            memory.shapes[key] = PlanMemory.Shape(
                costs: costs, measuredBytes: part.count, strategies: known?.strategies)
            return CostModel(constants, costs, layout)
        } ?? nil
    }

    /// Memory that is enough to be read from memory, and not from the processor's own.
    private static let mostBytes = 256 << 20
}
