package import Mixture

/// How many experts of each size have room in memory, worked out before any is taken.
///
/// Experts of different layers may differ in size, and a slot holds an expert of one size only. Each size gets one slot,
/// and of what is left a share in proportion to the bytes of all its experts: what a budget of half the model would be
/// in each size, it is in all.
package struct SlabPlan: Sendable, Equatable {
    package struct SizeClass: Sendable, Equatable {
        package let slotBytes: Int
        /// Experts of the model that have this size.
        package let experts: Int
        package fileprivate(set) var slots: Int
    }

    package private(set) var classes: [SizeClass]

    /// Bytes of the pool.
    package var bytes: Int { Mapping.rounded(Self.slotBytes(of: classes)) }
    package var slots: Int { classes.reduce(0) { $0 + $1.slots } }

    /// Plans the largest pool that a budget of bytes allows.
    ///
    /// - Parameter layouts: the experts of each layer (``Store/layouts``).
    /// - Returns: nil when the budget is below ``smallestBytes(layouts:expertsPerLayer:)``.
    package init?(layouts: [ExpertLayout], expertsPerLayer: Int, budget: Int) {
        classes = Self.sizes(layouts, expertsPerLayer)
        guard bytes <= budget else { return nil }
        let spare = budget - Self.slotBytes(of: classes)
        let total = classes.reduce(0) { $0 + $1.slotBytes * $1.experts }
        for index in classes.indices {
            let share = Double(spare) * Double(classes[index].slotBytes * classes[index].experts) / Double(total)
            let more = Int(share) / classes[index].slotBytes
            classes[index].slots = min(1 + more, classes[index].experts)
        }
        fill(budget)
    }

    /// A pool with so many slots of each size, or one for each expert where there are fewer.
    package init(layouts: [ExpertLayout], expertsPerLayer: Int, slotsPerSize: Int) {
        precondition(slotsPerSize >= 1, "\(slotsPerSize) slots")
        classes = Self.sizes(layouts, expertsPerLayer)
        for index in classes.indices { classes[index].slots = min(slotsPerSize, classes[index].experts) }
    }

    /// A pool with room for a share (0 to 1) of the experts of each size, rounded down, but for one at least.
    package init(layouts: [ExpertLayout], expertsPerLayer: Int, share: Double) {
        precondition(share >= 0 && share <= 1, "a share of \(share)")
        classes = Self.sizes(layouts, expertsPerLayer)
        for index in classes.indices { classes[index].slots = max(1, Int(share * Double(classes[index].experts))) }
    }

    /// The same slots, and of what a greater budget leaves as many more as fit, the largest first.
    package func filling(_ budget: Int) -> SlabPlan {
        var plan = self
        plan.fill(budget)
        return plan
    }

    /// The least a cache can work with: one slot of each size.
    package static func smallestBytes(layouts: [ExpertLayout], expertsPerLayer: Int) -> Int {
        Mapping.rounded(slotBytes(of: sizes(layouts, expertsPerLayer)))
    }

    /// What room for every expert takes.
    package static func greatestBytes(layouts: [ExpertLayout], expertsPerLayer: Int) -> Int {
        Mapping.rounded(sizes(layouts, expertsPerLayer).reduce(0) { $0 + $1.slotBytes * $1.experts })
    }

    /// Bytes of memory that an expert of this layout takes.
    package static func slotBytes(_ layout: ExpertLayout) -> Int { layout.recordLayout.windowLength }

    /// Which class a layer's experts belong to.
    func classIndex(of layout: ExpertLayout) -> Int {
        classes.firstIndex { $0.slotBytes == Self.slotBytes(layout) }!
    }

    /// Gives away what rounding down left over, to the largest experts first.
    private mutating func fill(_ budget: Int) {
        for index in classes.indices.sorted(by: { classes[$0].slotBytes > classes[$1].slotBytes }) {
            while classes[index].slots < classes[index].experts {
                classes[index].slots += 1
                guard bytes <= budget else {
                    classes[index].slots -= 1
                    break
                }
            }
        }
    }

    private static func sizes(_ layouts: [ExpertLayout], _ expertsPerLayer: Int) -> [SizeClass] {
        var experts: [Int: Int] = [:]
        for layout in layouts { experts[slotBytes(layout), default: 0] += expertsPerLayer }
        return experts.sorted { $0.key < $1.key }.map { SizeClass(slotBytes: $0.key, experts: $0.value, slots: 1) }
    }

    private static func slotBytes(of classes: [SizeClass]) -> Int { classes.reduce(0) { $0 + $1.slotBytes * $1.slots } }
}
