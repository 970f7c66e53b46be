import Glibc
import Synchronization

/// Whether what loops compute is still wanted, as the thread that runs them hears from a closure.
///
/// That thread alone asks; the others see what it heard. Once the answer was no, nobody asks again.
final class Interest: @unchecked Sendable {  // All but `lost` changes between loops only, on the thread of these.
    private let lost = Atomic(false)
    private var isCancelled: (() -> Bool)?
    private var asker = pthread_t()

    /// Whether somebody may lose interest.
    var canBeLost: Bool { isCancelled != nil }

    /// Whether it is known to be lost.
    var isLost: Bool { lost.load(ordering: .relaxed) }

    /// Asks, and says whether to go on. On the thread that runs the loops alone.
    func lasts() -> Bool {
        guard let isCancelled else { return true }
        if isLost { return false }
        guard isCancelled() else { return true }
        lost.store(true, ordering: .relaxed)
        return false
    }

    /// The same on any thread, as far as that one may know.
    func lastsForAll() -> Bool {
        guard canBeLost, pthread_equal(pthread_self(), asker) != 0 else { return !isLost }
        return lasts()
    }

    /// Does some work that is wanted until a closure says otherwise.
    ///
    /// - Throws: `CancellationError` when it did, and what the work throws.
    func holding<Result>(until isCancelled: () -> Bool, _ work: () throws -> Result) throws -> Result {
        precondition(!canBeLost, "work that can be cancelled inside other such work")
        return try withoutActuallyEscaping(isCancelled) { isCancelled in
            self.isCancelled = isCancelled
            asker = pthread_self()
            defer {
                self.isCancelled = nil
                lost.store(false, ordering: .relaxed)
            }
            let result = try work()
            if isLost { throw CancellationError() }
            return result
        }
    }
}
