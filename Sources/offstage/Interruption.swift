import Foundation
import Synchronization

/// Ctrl-C was pressed and what was under way has been left in order.
struct Interrupted: Error {}

/// Notes the first Ctrl-C so that work can end in order; a second one ends the program at once.
enum Interruption {
    private static let noticed = Atomic<Bool>(false)
    /// Whether what is under way leaves nothing behind when it is cut off.
    private static let canEndAtOnce = Atomic<Bool>(false)
    // Computed, so that no handler is the first to ask for them and has to make them.
    static var farewell: StaticString { "Interrupted; the same command begins again.\n" }
    static var exitCode: Int32 { 130 }

    static var isRequested: Bool { noticed.load(ordering: .relaxed) }

    static func watch() {
        // What a handler touches is made before: whoever is first to ask for a static variable makes it under a lock.
        noticed.store(false, ordering: .relaxed)
        canEndAtOnce.store(false, ordering: .relaxed)
        LivePanel.prepareToClose()
        for number in [SIGINT, SIGTERM] { notice(number) }
        // A reader that went away, and a file that may not grow, are told by the failed write.
        for number in [SIGPIPE, SIGXFSZ] { signal(number, SIG_IGN) }
    }

    /// Does what leaves nothing behind when it is cut off: the first Ctrl-C ends the program in the middle of it.
    ///
    /// - Parameter work: makes no file.
    /// - Throws: what the work throws; `CancellationError` when Ctrl-C came before.
    static func endingAtOnce<Value>(_ work: () throws -> Value) throws -> Value {
        canEndAtOnce.store(true, ordering: .sequentiallyConsistent)
        defer { canEndAtOnce.store(false, ordering: .sequentiallyConsistent) }
        if isRequested { throw CancellationError() }
        return try work()
    }

    /// Says goodbye where an error cannot be thrown, and does only what a signal's handler may.
    private static func endAtOnce() -> Never {
        LivePanel.close()
        _ = write(STDERR_FILENO, farewell.utf8Start, farewell.utf8CodeUnitCount)
        _exit(exitCode)
    }

    /// Ends the program once all is said, without waiting for reads that may never come back.
    static func leave() -> Never {
        LivePanel.close()
        _exit(exitCode)
    }

    private static func notice(_ number: Int32) {
        var action = sigaction()
        // A handler may only do what is safe in the middle of anything: an atomic store and a plain write.
        action.__sigaction_handler.sa_handler = { number in
            let isFirst = !Interruption.noticed.exchange(true, ordering: .sequentiallyConsistent)
            if Interruption.canEndAtOnce.load(ordering: .sequentiallyConsistent) { Interruption.endAtOnce() }
            if isFirst { return }
            LivePanel.close()
            signal(number, SIG_DFL)
            raise(number)
        }
        action.sa_flags = Int32(SA_RESTART)
        sigaction(number, &action, nil)
        // Whoever starts programs from a thread pool hands down a mask that keeps signals from them.
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, number)
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    }
}
