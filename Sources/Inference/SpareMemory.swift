package import Tensors

/// What a budget turns out to leave once a text is under way.
///
/// The plan knows only bounds of what the program, its heap, BLAS and the kernel take. When the prompt has passed, a token was
/// drawn and has passed, too, all that a text needs has been needed once: from then on only keys and values come, and experts
/// into slots that have been empty so far.
package struct SpareMemory {
    /// What the heap may still take: for text, for what is recorded, for luck.
    private static let margin = 256 << 10
    /// For each token to come: its place in the text so far, which is copied when it grows.
    private static let tokenBytes = 24
    /// What the kernel keeps of threads and open files.
    private static let kernelBytes = 1 << 20

    /// What the kernel reads at once of a file that is mapped, or less.
    private static let bytesPerRead = 1 << 20

    package let bytes: Int

    /// - Parameters:
    ///   - untouched: what is planned, has not been touched, and will be.
    ///   - tokens: how many may come.
    ///   - fileReads: how often the files of the program were read from the disk for this process.
    package init(of budget: Int, untouched: Int, tokens: Int, fileReads: Int, memory: ProcessMemory = ProcessMemory()) {
        // By a control group's count the kernel's own is part of it, but not the files that others brought to memory.
        let files = memory.current - memory.anonymous
        let others = max(0, files - min(fileReads, files) * Self.bytesPerRead)
        let kernel = max(0, memory.pageTables + Self.kernelBytes - others)
        let all = memory.peak + kernel + untouched + tokens * Self.tokenBytes + Self.margin
        bytes = max(0, MemoryPlanner.withoutPageTables(budget - all))
    }
}
