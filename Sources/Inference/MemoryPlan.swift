public import Tensors

/// What a session will hold in memory, summed before any of it is allocated. All sizes in bytes.
public struct MemoryPlan: Codable, Sendable, Equatable {
    /// The program itself, its libraries, the tokenizer, and a reserve for what grows later.
    public var program = 0
    /// Weights outside the experts.
    public var dense = 0
    public var keyValueCache = 0
    /// Hidden states, activations and logits of a pass.
    public var scratch = 0
    /// Stacks of threads, buffers of BLAS and of reads, the store's tree pages.
    public var threadsAndBuffers = 0
    /// Positions of the key/value cache, and how their numbers are kept.
    public var positions = 0
    public var keyValueFormat = KeyValueFormat.f32
    /// Slots for experts.
    public var experts = 0
    /// Experts that fit at once.
    public var expertSlots = 0
    public var expertCount = 0
    /// The promise: never more than this.
    public var budget = 0
    /// The least budget that works with these positions and passes.
    public var smallestBudget = 0

    /// Everything that is not an expert.
    public var fixed: Int { program + dense + keyValueCache + scratch + threadsAndBuffers }
    public var total: Int { fixed + experts }
}
