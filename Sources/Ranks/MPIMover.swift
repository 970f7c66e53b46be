#if MPI
    import Glibc

    /// A thread that keeps messages moving while their rank computes: MPI moves them only when it is called.
    ///
    /// It sleeps unless an exchange is under way that nobody waits for.
    final class MPIMover: @unchecked Sendable {  // Everything mutable is behind `lock`.
        private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
        private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
        private var unattended: Set<Ticket> = []
        private var move: (() -> Void)?

        init() {
            pthread_mutex_init(lock, nil)
            pthread_cond_init(changed, nil)
        }

        /// Calls `move` again and again until the ticket is attended to.
        func start(_ ticket: Ticket, _ move: @escaping @Sendable () -> Void) {
            pthread_mutex_lock(lock)
            defer { pthread_mutex_unlock(lock) }
            unattended.insert(ticket)
            if self.move == nil {
                self.move = move
                startThread()
            }
            pthread_cond_signal(changed)
        }

        func stop(_ ticket: Ticket) {
            pthread_mutex_lock(lock)
            defer { pthread_mutex_unlock(lock) }
            unattended.remove(ticket)
        }

        private func run() {
            pthread_mutex_lock(lock)
            while true {
                while unattended.isEmpty { pthread_cond_wait(changed, lock) }
                let move = move
                pthread_mutex_unlock(lock)
                move?()
                usleep(20)
                pthread_mutex_lock(lock)
            }
        }

        /// The thread lasts as long as the program; without it messages move when their rank waits.
        private func startThread() {
            var thread = pthread_t()
            let code = pthread_create(
                &thread, nil,
                { argument in
                    Unmanaged<MPIMover>.fromOpaque(argument!).takeRetainedValue().run()
                    return nil
                }, Unmanaged.passRetained(self).toOpaque())
            if code == 0 { pthread_detach(thread) }
        }
    }
#endif
