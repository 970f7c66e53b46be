import Foundation
import Mixture
import ModelFiles
import Offload
import Tensors
import Transformer

/// Sums what a session will hold, and gives what is left to experts.
struct MemoryPlanner {
    /// What the program takes later than it can be measured: the heap's slack, the kernel's own.
    private static let reserve = 12 << 20
    /// Left to the rest of the machine when nobody named a budget: a tenth, at least this.
    private static let margin = 256 << 20
    /// OpenBLAS maps a buffer for each thread that multiplies, once f32 weights make it.
    private static let blasBuffer = 32 << 20

    /// Threads that read, their buffers, and the pages of the store's tree.
    private static let loader = 2 << 20

    private let model: Footprint
    private let options: SessionOptions
    private var layouts: [ExpertLayout] { model.layouts }
    private var expertsPerLayer: Int { model.architecture.expertCount }

    init(_ model: Footprint, _ options: SessionOptions) {
        self.model = model
        self.options = options
    }

    /// - Throws: ``InferenceError`` when an option is none, or the budget is below the smallest that works.
    func plan() throws -> (memory: MemoryPlan, slabs: SlabPlan) {
        try options.check()
        var plan = fixed()
        let greatest = SlabPlan.greatestBytes(layouts: layouts, expertsPerLayer: expertsPerLayer)
        let smallest = SlabPlan.smallestBytes(layouts: layouts, expertsPerLayer: expertsPerLayer)
        // While dense weights are read nothing else is in memory yet but the program.
        plan.smallestBudget = max(plan.fixed + smallest, plan.program + plan.dense + model.stagingBytes)
        plan.expertCount = layouts.count * expertsPerLayer
        plan.budget = budget(plan, greatest: greatest)
        guard let slabs = slabs(within: min(plan.budget - plan.fixed, greatest)) else { throw tooSmall(plan) }
        plan.experts = slabs.bytes
        plan.expertSlots = slabs.slots
        return (plan, slabs)
    }

    /// Everything but the experts.
    private func fixed() -> MemoryPlan {
        let architecture = model.architecture
        let (cache, scratch) = LanguageModel.bytes(architecture, limits: options.limits)
        var plan = MemoryPlan()
        plan.program = ProcessMemory.program(besides: model.path) + Self.reserve
        plan.dense = model.denseBytes
        plan.keyValueCache = cache
        plan.scratch = scratch
        plan.threadsAndBuffers = options.threads * Workers.stackBytes + Self.loader + blasBytes
        plan.positions = options.limits.positions
        return plan
    }

    /// What makes this session slower or worse than it need be.
    var warnings: [String] {
        let longest = model.architecture.contextLength
        let positions = options.limits.positions
        return [
            blasBytes > 0 ? CPU.blasWarning.map { $0 + "." } : nil,
            positions > longest
                ? "\(model.name) is made for \(longest) positions; beyond them, and there is room for \(positions), text may fall apart."
                : nil,
        ].compactMap(\.self)
    }

    /// BLAS multiplies f32 experts and attention weights when enough tokens pass together.
    private var blasBytes: Int {
        let experts = layouts.flatMap { [$0.shape.gateFormat, $0.shape.upFormat, $0.shape.downFormat] }
        let dense = model.denseFormats.filter { !$0.key.isAlwaysFloat }.values
        let usesFloats = (experts + dense).contains(.f32)
        return usesFloats && WeightMatrix.multipliesWithBLAS(tokens: options.limits.tokens)
            ? options.threads * Self.blasBuffer : 0
    }

    private func budget(_ plan: MemoryPlan, greatest: Int) -> Int {
        switch options.budget {
        case .bytes(let bytes): return bytes
        case .smallest: return plan.smallestBudget
        case .expertShare(let share): return max(plan.fixed + slabs(for: share).bytes, plan.smallestBudget)
        case .automatic:
            let free = AvailableMemory.bytes()
            // What the program holds already is part of the plan, and no longer free.
            let allowed = free + ProcessMemory.current() - max(free / 10, Self.margin)
            return min(plan.fixed + greatest, allowed)
        }
    }

    /// Room for experts: as many as was asked for, or as fit.
    private func slabs(within budget: Int) -> SlabPlan? {
        if case .expertShare(let share) = options.budget { return slabs(for: share) }
        return SlabPlan(layouts: layouts, expertsPerLayer: expertsPerLayer, budget: budget)
    }

    private func slabs(for share: Double) -> SlabPlan {
        SlabPlan(layouts: layouts, expertsPerLayer: expertsPerLayer, share: share)
    }

    private func tooSmall(_ plan: MemoryPlan) -> InferenceError {
        let found =
            options.budget == .automatic
            ? "only \(formatted(bytes: plan.budget)) of memory are free"
            : "a budget of \(formatted(bytes: plan.budget)) is too small"
        let remedy =
            options.budget == .automatic
            ? "Free some memory" : "Give --ram \(budgetArgument(plan.smallestBudget)) or more"
        return InferenceError(
            """
            \(found) for \(model.name): with room for \(plan.positions) positions and \
            \(options.limits.tokens) tokens a pass the least is \(budgetArgument(plan.smallestBudget)) \
            (program \(formatted(bytes: plan.program)), dense weights \(formatted(bytes: plan.dense)), key/value cache \
            \(formatted(bytes: plan.keyValueCache)), scratch \(formatted(bytes: plan.scratch)), threads and buffers \
            \(formatted(bytes: plan.threadsAndBuffers)), and one expert's room). \(remedy), or ask for less with a smaller \
            --context, -n or --prompt-chunk.
            """)
    }
}
