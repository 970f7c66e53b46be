import Foundation
import Synchronization

/// Ctrl-C was pressed and what was under way has been left in order.
struct Interrupted: Error {}

/// Notes the first Ctrl-C so that work can end in order; a second one ends the program at once.
enum Interruption {
    private static let noticed = Atomic<Bool>(false)

    static var isRequested: Bool { noticed.load(ordering: .relaxed) }

    static func watch() {
        noticed.store(false, ordering: .relaxed)  // made before a handler needs it
        for number in [SIGINT, SIGTERM] { notice(number) }
        // A reader that went away, and a file that may not grow, are told by the failed write.
        for number in [SIGPIPE, SIGXFSZ] { signal(number, SIG_IGN) }
    }

    private static func notice(_ number: Int32) {
        var action = sigaction()
        // A handler may only do what is safe in the middle of anything: an atomic store and a plain write.
        action.__sigaction_handler.sa_handler = { number in
            guard Interruption.noticed.exchange(true, ordering: .relaxed) else { return }
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
