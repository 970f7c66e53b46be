import Foundation
import Mixture
import ModelFiles
import Offload
import Tensors
import Transformer

/// Sums what a session will hold, and gives what is left to experts.
struct MemoryPlanner {
    /// What the program takes later than it can be measured: code that has not run yet, the heap's growth.
    private static let reserve = 3 << 19
    /// OpenBLAS maps a buffer for each thread that multiplies f32 weights, and touches what a block of weights and the tokens
    /// beside it need: blocks are up to 1,024 wide in all its builds.
    private static func blasBuffer(tokens: Int) -> Int { min(32 << 20, 2 << 20 + 4096 * tokens) }
    /// What is touched of a thread's stack.
    private static let stackBytes = 64 << 10
    /// Threads that read, the pages of the store's tree, and what the kernel keeps of a process.
    private static let loader = 1 << 20
    /// What the cache knows of an expert.
    private static let entryBytes = 512

    private let model: Footprint
    private let options: SessionOptions
    private let available: AvailableMemory
    /// Ranks on this host, among which it is shared where nobody names a budget.
    private let sharers: Int
    /// Whether f32 experts or attention weights are multiplied, with enough tokens in a pass for BLAS.
    private let wantsBLAS: Bool
    /// Whether BLAS multiplies them. It is opened to know, so that the program is measured with it.
    private let usesBLAS: Bool
    private var layouts: [ExpertLayout] { model.layouts }

    /// - Parameters:
    ///   - available: what the plan must fit in; nothing by default, for a plan that nobody carries out here.
    ///   - sharers: how many processes like this one share it.
    init(
        _ model: Footprint, _ options: SessionOptions, in available: AvailableMemory = AvailableMemory(sources: []),
        sharedBy sharers: Int = 1
    ) {
        self.sharers = sharers
        self.model = model
        self.options = options
        self.available = available
        let experts = model.layouts.flatMap { [$0.shape.gateFormat, $0.shape.upFormat, $0.shape.downFormat] }
        let dense = model.denseFormats.filter { !$0.key.isAlwaysFloat }.values
        wantsBLAS =
            (experts + dense).contains(.f32) && options.limits.tokens >= WeightMatrix.leastTokensForBLAS
        usesBLAS = wantsBLAS && WeightMatrix.multipliesWithBLAS(tokens: options.limits.tokens)
    }

    /// - Parameter expertsPerLayer: those that may have to be in memory; all, if nobody says.
    /// - Throws: ``InferenceError`` when an option is none, the budget is below the smallest that works, or what it would take
    ///   cannot be had.
    func plan(expertsPerLayer: Int? = nil) throws -> (memory: MemoryPlan, slabs: SlabPlan) {
        let expertsPerLayer = expertsPerLayer ?? model.architecture.expertCount
        try options.check()
        try checkKeyValueFormat()
        var plan = fixed(expertsPerLayer)
        let greatest = SlabPlan.greatestBytes(layouts: layouts, expertsPerLayer: expertsPerLayer)
        let smallest = SlabPlan.smallestBytes(layouts: layouts, expertsPerLayer: expertsPerLayer)
        // While dense weights are read, what a pass works in and the experts are not in memory yet.
        let loading = plan.program + plan.threadsAndBuffers + plan.dense + model.stagingBytes
        plan.smallestBudget = max(plan.fixed + Self.withPageTables(smallest), loading)
        plan.expertCount = layouts.count * expertsPerLayer
        plan.budget = budget(plan, greatest: greatest, expertsPerLayer)
        let room = Self.withoutPageTables(plan.budget - plan.fixed)
        guard plan.budget >= plan.smallestBudget, let slabs = slabs(within: min(room, greatest), expertsPerLayer) else {
            throw tooSmall(plan)
        }
        plan.experts = slabs.bytes
        plan.threadsAndBuffers += Self.withPageTables(slabs.bytes) - slabs.bytes
        plan.expertSlots = slabs.slots
        if let source = available.narrowest, plan.budget > source.limit {
            guard max(plan.total, loading) <= source.limit else { throw tooLarge(plan, for: source) }
            plan.budget = max(plan.total, plan.smallestBudget)
        }
        return (plan, slabs)
    }

    /// Everything but the experts.
    private func fixed(_ expertsPerLayer: Int) -> MemoryPlan {
        let architecture = model.architecture
        let shared = [.sharedGate, .sharedUp, .sharedDown] as Set<TensorRole.Kind>
        let hasFloats =
            layouts.contains(where: \.shape.hasFloats)
            || model.denseFormats.contains { shared.contains($0.key.kind) && $0.value == .f32 }
        let (cache, scratch) = LanguageModel.bytes(
            architecture, limits: options.limits, options.strategy, threads: options.threads, hasFloats: hasFloats)
        var plan = MemoryPlan()
        plan.program = ProcessMemory().current + Self.reserve + architecture.vocabularySize * Candidates.bytesPerToken
        plan.dense = model.denseBytes
        plan.keyValueCache = cache
        plan.scratch = scratch
        plan.threadsAndBuffers =
            options.threads * Self.stackBytes + Self.loader + layouts.count * expertsPerLayer * Self.entryBytes
            + blasBytes
        plan.threadsAndBuffers += Self.withPageTables(plan.fixed) - plan.fixed
        plan.positions = options.limits.positions
        plan.keyValueFormat = options.keyValueFormat
        return plan
    }

    private func checkKeyValueFormat() throws {
        let (format, size) = (options.keyValueFormat, model.architecture.headSize)
        guard size % format.blockSize != 0 else { return }
        throw InferenceError(
            """
            keys and values cannot be kept in \(format) for \(model.name): it takes \(format.blockSize) numbers together, and \
            heads are \(size) wide. Take f16, or f32.
            """)
    }

    /// What makes a session with this plan slower or worse than it need be.
    func warnings(_ plan: MemoryPlan) -> [String] {
        let longest = model.architecture.contextLength
        let positions = options.limits.positions
        return [
            blasBytes > 0 ? CPU.blasWarning.map { $0 + "." } : nil,
            wantsBLAS ? WeightMatrix.absenceOfBLAS.map { $0 + "." } : nil,
            positions > longest
                ? "\(model.name) is made for \(longest) positions; beyond them, and there is room for \(positions), text may fall apart."
                : nil,
            available.scarcest.flatMap { source in
                source.free < plan.total
                    ? "\(source.words), of which \(mebibytes(source.free)) can be had just now, and \(model.name) takes \(mebibytes(plan.total))."
                    : nil
            },
        ].compactMap(\.self)
    }

    /// What BLAS keeps for every thread.
    private var blasBytes: Int {
        usesBLAS ? options.threads * Self.blasBuffer(tokens: options.limits.tokens) : 0
    }

    private func budget(_ plan: MemoryPlan, greatest: Int, _ expertsPerLayer: Int) -> Int {
        switch options.budget {
        case .bytes(let bytes): return bytes
        case .smallest: return plan.smallestBudget
        case .expertShare(let share):
            return max(plan.fixed + Self.withPageTables(slabs(for: share, expertsPerLayer).bytes), plan.smallestBudget)
        case .automatic:
            let most = max(plan.fixed + Self.withPageTables(greatest), plan.smallestBudget)
            return min(max(available.allowed / sharers, plan.smallestBudget), most)
        }
    }

    /// The kernel keeps eight bytes for each page of memory.
    private static func withPageTables(_ bytes: Int) -> Int { bytes + bytes / 511 + 1 }
    static func withoutPageTables(_ bytes: Int) -> Int { bytes - bytes / 512 - (bytes % 512 == 0 ? 0 : 1) }

    /// Room for experts: as many as was asked for, or as fit.
    private func slabs(within budget: Int, _ expertsPerLayer: Int) -> SlabPlan? {
        if case .expertShare(let share) = options.budget { return slabs(for: share, expertsPerLayer) }
        return SlabPlan(layouts: layouts, expertsPerLayer: expertsPerLayer, budget: budget)
    }

    private func slabs(for share: Double, _ expertsPerLayer: Int) -> SlabPlan {
        SlabPlan(layouts: layouts, expertsPerLayer: expertsPerLayer, share: share)
    }

    private func tooSmall(_ plan: MemoryPlan) -> InferenceError {
        InferenceError(
            """
            a budget of \(formatted(bytes: plan.budget)) is too small for \(model.name): \(least(plan)). \
            Give --ram \(budgetArgument(plan.smallestBudget)) or more, or \(Self.remedy).
            """)
    }

    /// Beyond what can be had the kernel would end the program.
    private func tooLarge(_ plan: MemoryPlan, for source: AvailableMemory.Source) -> InferenceError {
        if plan.smallestBudget > source.limit {
            return InferenceError(
                "\(source.words), which is too small for \(model.name): \(least(plan)). Raise the limit, or \(Self.remedy)."
            )
        }
        return InferenceError(
            """
            a budget of \(mebibytes(plan.budget)) cannot be had: \(source.words), and \(model.name) would take \
            \(mebibytes(plan.total)) of that budget. Give --ram \(mebibytes(source.limit)) or less, or raise the limit.
            """)
    }

    private func least(_ plan: MemoryPlan) -> String {
        """
        with room for \(plan.positions) positions and \(options.limits.tokens) tokens a pass the least is \
        \(budgetArgument(plan.smallestBudget)) (program \(formatted(bytes: plan.program)), dense weights \
        \(formatted(bytes: plan.dense)), key/value cache \(formatted(bytes: plan.keyValueCache)), scratch \
        \(formatted(bytes: plan.scratch)), threads and buffers \(formatted(bytes: plan.threadsAndBuffers)), and one \
        expert's room)
        """
    }

    private static let remedy = "ask for less with a smaller --context, -n or --prompt-chunk"
}
