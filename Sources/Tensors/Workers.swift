import Synchronization

/// The threads that run kernels: the caller's own and `count` − 1 more (fewer where the system grants no more).
///
/// Work is cut into tiles that do not depend on the number of threads, so neither do the results. One parallel loop runs at
/// a time; a body must not begin another. Bodies may block.
package final class Workers: Sendable {
    package var count: Int { crew.helpers + 1 }
    private let crew: Crew
    private let isRunning = Atomic(false)

    /// Stack of each thread but the caller's, in bytes.
    package static let stackBytes = 512 << 10

    package init(count: Int) {
        precondition(count >= 1, "\(count) threads")
        crew = Crew(helpers: count - 1, stackBytes: Self.stackBytes)
    }

    deinit { crew.dismiss() }

    /// Runs `body` once for every index below `tiles`, spread over the threads, and waits for all of them.
    ///
    /// When a body throws, tiles not yet begun are skipped and the first error is thrown here.
    package func forEach(_ tiles: Int, _ body: @Sendable (Int) throws -> Void) throws {
        let failure = Failure()
        forEach(tiles) { tile in
            guard !failure.isSet else { return }
            do { try body(tile) } catch { failure.set(error) }
        }
        try failure.rethrow()
    }

    /// Runs `body` once for every index below `tiles`, spread over the threads, and waits for all of them.
    package func forEach(_ tiles: Int, _ body: @Sendable (Int) -> Void) {
        guard !isRunning.exchange(true, ordering: .acquiring) else {
            preconditionFailure("a parallel loop of \(tiles) tiles inside another one")
        }
        defer { isRunning.store(false, ordering: .releasing) }
        if count == 1 || tiles <= 1 {
            for tile in 0..<max(tiles, 0) { body(tile) }
        } else {
            crew.run(tiles, body)
        }
    }

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
