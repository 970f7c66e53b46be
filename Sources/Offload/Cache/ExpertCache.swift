package import Mixture
import ModelFiles
package import Profiling
package import Tensors

/// Brings experts from a store into a pool of memory of fixed size, and keeps those that will soon be needed again.
///
/// The pool is allocated once; leasing allocates nothing. Leases keep the cache alive until they are released.
///
/// Leases come resident ones first, then those that are landing already, then the others, each as they were asked for.
/// They come at once to a caller when none are out. Who leases while some are out (its own or another's) waits until the
/// pool has room for all of them together, since each could otherwise hold what the other needs.
package final class ExpertCache: ExpertSource {
    private let table: ExpertTable
    private let reader: Reader
    private let layouts: [ExpertLayout]

    /// - Parameters:
    ///   - plan: how many slots there are (``SlabPlan``), made for this store.
    ///   - policy: decides what is evicted.
    ///   - reader: reads the store's file; nil: a reader of its own.
    ///   - nodes: the memory that experts' rows are shared out to.
    /// - Throws: when the loader cannot be started, or the memory is not granted.
    package init(
        _ store: Store, _ plan: SlabPlan, policy: any EvictionPolicy.Type = DecayForwardDistancePolicy.self,
        reader: Reader? = nil, nodes: MemoryNodes = .one
    ) throws {
        layouts = store.layouts
        self.reader = try reader ?? Reader(store.file)
        let policy = policy.init(layers: layouts.count, experts: store.manifest.architecture.expertCount)
        table = try ExpertTable(store, plan, policy, self.reader, nodes)
    }

    /// The loader is stopped while everything it writes to is still there.
    deinit { reader.stop() }

    package func layout(layer: Int) -> ExpertLayout { layouts[layer] }

    package func lease(
        _ experts: [ExpertVisits], layer: Int, tokens: Int, into leases: inout [any ExpertLease]
    ) throws {
        table.lease(experts, layer: layer, tokens: tokens, from: self, into: &leases)
    }

    package func prefetch(_ experts: [Int], layer: Int) { table.prefetch(experts, layer: layer) }

    /// Experts that there is room for just now.
    package var slots: Int { table.slots }

    /// Memory that will be touched once there is an expert in every slot.
    package var untouchedBytes: Int { table.untouchedBytes }

    /// All memory for experts that there is always.
    package var memoryBytes: Int { table.plan.bytes }

    /// Lends the memory for experts before the first is asked for; nil where one has been. It is empty again after that.
    package func lendMemory<Result>(_ body: (UnsafeMutableRawBufferPointer) -> Result) -> Result? {
        table.lendPool(body)
    }

    /// Makes room for more experts until ``withdraw()``, unless the memory is not granted.
    ///
    /// - Parameter plan: the slots there are to be, none fewer than the cache was made with (``SlabPlan/filling(_:)``).
    package func grow(to plan: SlabPlan) { table.grow(to: plan) }

    /// Gives back the memory of ``grow(to:)``. While some of it is leased or read into, nothing; then ask again.
    package func withdraw() { table.withdraw() }

    /// What has happened since the cache was made.
    package var counters: OffloadCounters { table.count() }
}
