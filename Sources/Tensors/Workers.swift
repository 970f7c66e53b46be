import Synchronization

/// The threads that run kernels: the caller's own and `count` − 1 more (fewer where the system grants no more).
///
/// Work is cut into tiles that do not depend on the number of threads, so neither do the results. One parallel loop runs at
/// a time; a body must not begin another. Bodies may block.
package final class Workers: Sendable {
    package var count: Int { crew.helpers + 1 }
    private let crew: Crew
    private let isRunning = Atomic(false)
    let interest = Interest()
    /// What members of teams wait for.
    let bell = Bell()

    /// Stack of each thread but the caller's, in bytes.
    package static let stackBytes = 512 << 10

    /// The memory that they are near to.
    package let nodes: MemoryNodes

    package init(count: Int, nodes: MemoryNodes = .one) {
        precondition(count >= 1, "\(count) threads")
        self.nodes = nodes
        crew = Crew(helpers: count - 1, stackBytes: Self.stackBytes)
    }

    deinit { crew.dismiss() }

    /// Runs `body` once for every index below `tiles`, spread over the threads, and waits for all of them.
    ///
    /// When a body throws, or the work is cancelled, tiles not yet begun are skipped and the first error is thrown here.
    package func forEach(_ tiles: Int, _ body: @Sendable (Int) throws -> Void) throws {
        let failure = Failure()
        forEach(tiles) { tile in
            guard !failure.isSet else { return }
            do { try body(tile) } catch { failure.set(error) }
        }
        try failure.rethrow()
        if interest.isLost { throw CancellationError() }
    }

    /// Runs `body` once for every index below `tiles`, spread over the threads, and waits for all of them.
    ///
    /// When the work is cancelled, tiles not yet begun are skipped: ``checkCancellation()`` then says so.
    package func forEach(_ tiles: Int, _ body: @Sendable (Int) -> Void) {
        guard !isRunning.exchange(true, ordering: .acquiring) else {
            preconditionFailure("a parallel loop of \(tiles) tiles inside another one")
        }
        defer { isRunning.store(false, ordering: .releasing) }
        if count == 1 || tiles <= 1 {
            for tile in 0..<max(tiles, 0) where interest.lasts() { body(tile) }
        } else {
            crew.run(tiles, while: interest, body)
        }
    }

    /// Does work whose loops end early once `isCancelled` says yes.
    ///
    /// It is asked on this thread alone: before each tile that this thread takes, and every ``Crew/restlessness`` while it
    /// waits for others. Once it has said yes it is not asked again, and no tile is begun: what the work has made by then is
    /// of no use.
    ///
    /// - Throws: `CancellationError` when it said yes, and what the work throws.
    package func cancellable<Result>(by isCancelled: () -> Bool, _ work: () throws -> Result) throws -> Result {
        try interest.holding(until: isCancelled, work)
    }

    /// Leaves work that has been cancelled. On the thread that runs the loops.
    package func checkCancellation() throws {
        if !interest.lasts() { throw CancellationError() }
    }

    /// Whether the work has been cancelled, as far as this thread can know: for bodies that wait.
    package var isCancelled: Bool { !interest.lastsForAll() }

    /// Runs `body` for every index: on the threads, if there are any and enough tiles to be worth waking them.
    static func forEach(_ tiles: Int, on workers: Workers?, from least: Int = 8, _ body: @Sendable (Int) -> Void) {
        if let workers, tiles >= least {
            workers.forEach(tiles, body)
        } else {
            for tile in 0..<tiles { body(tile) }
        }
    }
}

/// The first error of a loop.
private struct Failure: ~Copyable {
    private let happened = Atomic(false)
    private let error = Mutex<(any Error)?>(nil)

    var isSet: Bool { happened.load(ordering: .relaxed) }

    func set(_ new: any Error) {
        error.withLock { $0 = $0 ?? new }
        happened.store(true, ordering: .relaxed)
    }

    func rethrow() throws {
        if let error = error.withLock({ $0 }) { throw error }
    }
}
