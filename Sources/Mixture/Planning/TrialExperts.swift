import Tensors

/// Experts of one shape in memory, with weights of no meaning: to find out how long strategies take with them.
///
/// Every lease is of the weights that were lent longest ago, so that they come from memory, as a model's do, and not from the
/// processor's own.
package final class TrialExperts: ExpertSource, @unchecked Sendable {  // Leased by one thread.
    private let layout: ExpertLayout
    private var next = 0
    private let payloads: [ExpertPayload]
    private let memory: TrialMemory

    /// Memory of the fewest experts that can be tried.
    package static func leastBytes(_ layout: ExpertLayout) -> Int { 2 * stride(layout) }

    private static func stride(_ layout: ExpertLayout) -> Int { (layout.length + 4095) / 4096 * 4096 }

    /// - Parameter bytes: to take, about; two experts at least, which all others share then.
    package init(_ layout: ExpertLayout, bytes: Int) {
        self.layout = layout
        let stride = Self.stride(layout)
        let count = max(2, bytes / stride)
        let memory = TrialMemory(bytes: count * stride)
        self.memory = memory
        payloads = (0..<count).map { ExpertPayload(bytes: memory.start + $0 * stride, owner: memory) }
    }

    /// Lends all weights to be measured with, which leaves numbers that do for that.
    package func lendMemory<Result>(_ body: (UnsafeMutableRawBufferPointer) -> Result) -> Result {
        body(UnsafeMutableRawBufferPointer(start: memory.start, count: memory.bytes))
    }

    package func layout(layer: Int) -> ExpertLayout { layout }

    package func lease(_ wanted: [ExpertVisits], layer: Int, tokens: Int, into leases: inout [any ExpertLease]) {
        leases.removeAll(keepingCapacity: true)
        for visits in wanted {
            leases.append(LoneExpert(expert: visits.expert, layout: layout, payload: payloads[next]))
            next = (next + 1) % payloads.count
        }
    }

    package func prefetch(_ experts: [Int], layer: Int) {}
}

private final class TrialMemory: @unchecked Sendable {  // Not written after it was made.
    let start: UnsafeMutableRawPointer
    let bytes: Int

    init(bytes: Int) {
        self.bytes = bytes
        start = .allocate(byteCount: bytes, alignment: 1 << 21)
        // Any numbers do, as long as none is so small that it is slow: this makes 1.06 or 0.01 of every float.
        start.initializeMemory(as: UInt8.self, repeating: 0x3c, count: bytes)
    }

    deinit { start.deallocate() }
}
