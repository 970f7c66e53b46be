import CKernels
import Glibc

/// The parts of a machine's memory, each near to some of its processors (NUMA).
package struct MemoryNodes: Sendable, Equatable {
    /// What the system calls each node, and the processors near to it.
    private let numbers: [Int]
    /// The place of each processor's node.
    private let nodeOfProcessor: [Int]
    /// Whether the memory can be asked for node by node.
    private let isReal: Bool

    package var count: Int { numbers.count }

    /// One memory, near to all processors.
    package static let one = MemoryNodes(numbers: [0], nodeOfProcessor: [], isReal: false)

    /// Those of this machine, or as many as `OFFSTAGE_NODES` says that it is to be taken to have, which changes what
    /// threads prefer to work on and nothing else.
    package static let ofThisMachine: MemoryNodes = {
        guard let text = getenv("OFFSTAGE_NODES").map({ String(cString: $0) }), let count = Int(text) else {
            return MemoryNodes(files: KernelFiles())
        }
        return MemoryNodes(pretended: count, processors: sysconf(Int32(_SC_NPROCESSORS_CONF)))
    }()

    /// Those that the kernel's files name.
    package init(files: KernelFiles) {
        let folder = "/sys/devices/system/node"
        let online = files.text("\(folder)/online").map(Self.numbers) ?? []
        let processors = online.map { files.text("\(folder)/node\($0)/cpulist").map(Self.numbers) ?? [] }
        // Memory without processors is nobody's.
        let nodes = zip(online, processors).filter { !$1.isEmpty }
        guard nodes.count > 1 else {
            self = .one
            return
        }
        var near = [Int](repeating: 0, count: 1 + nodes.flatMap(\.1).max()!)
        for (place, node) in nodes.enumerated() { for processor in node.1 { near[processor] = place } }
        self.init(numbers: nodes.map(\.0), nodeOfProcessor: near, isReal: true)
    }

    /// Some that there are not, each with an equal share of the processors.
    package init(pretended count: Int, processors: Int) {
        let count = min(max(1, count), 64)
        let processors = max(processors, 1)
        self.init(
            numbers: Array(0..<count), nodeOfProcessor: (0..<processors).map { $0 * count / processors }, isReal: false)
    }

    private init(numbers: [Int], nodeOfProcessor: [Int], isReal: Bool) {
        self.numbers = numbers
        self.nodeOfProcessor = nodeOfProcessor
        self.isReal = isReal
    }

    /// The place of the node that this thread runs near to just now.
    package var current: Int {
        let processor = Int(ck_current_processor())
        return nodeOfProcessor.indices.contains(processor) ? nodeOfProcessor[processor] : 0
    }

    /// Asks for the whole pages of some memory that has not been touched from a node.
    ///
    /// - Returns: false where the system does not do that; memory then comes from wherever it is first touched.
    @discardableResult
    package func prefer(_ node: Int, for memory: UnsafeMutableRawBufferPointer) -> Bool {
        guard isReal, let base = memory.baseAddress else { return false }
        let start = base.alignedUp(toMultipleOf: 4096)
        let end = (base + memory.count).alignedDown(toMultipleOf: 4096)
        return end > start && ck_prefer_node(start, end - start, Int32(numbers[node])) == 0
    }

    /// The numbers of a list like `0-3,8,10-11`.
    private static func numbers(_ text: String) -> [Int] {
        text.split(whereSeparator: { $0 == "," || $0.isWhitespace }).flatMap { part in
            let bounds = part.split(separator: "-").map { Int($0) }
            guard let first = bounds.first ?? nil, let last = bounds.last ?? nil, first >= 0, first <= last,
                last < 1 << 16
            else { return [Int]() }
            return Array(first...last)
        }
    }
}
