#if MPI
    import CMPI
    import Glibc
    import Synchronization

    /// Carries bytes between the ranks that mpirun started.
    ///
    /// Messages go from rank to rank and are asked for again and again: MPI's own collectives could not end when a rank
    /// stays away, nor say which one it is. While a rank computes, a thread of its own keeps messages moving.
    final class MPITransport: Transport {
        let rank: Int
        let count: Int
        private let state: Mutex<State>
        private let mover = MPIMover()

        /// Bytes of a message at most, since MPI counts them in an int.
        private static let longest = 1 << 30

        /// Begins MPI; once in a program.
        init() throws(RankFailure) {
            let code = cmpi_begin()
            guard code == 0 else {
                throw .transport(Launch()?.rank ?? 0, Self.words(code), at: Step(operation: .barrier, occasion: .start))
            }
            rank = Int(cmpi_rank())
            count = Int(cmpi_count())
            state = Mutex(State())
        }

        func begin(_ messages: Messages) throws(RankFailure) -> Ticket {
            let ticket = try state.withLock { (state) throws(RankFailure) in
                let ticket = Ticket(number: state.begun, step: messages.step)
                state.begun += 1
                var letters: [Letter] = []
                // Receivers first: what comes then needs no place in between.
                for other in 0..<count where other != rank {
                    try receive(messages.bytes(from: other, of: count), from: other, ticket, &letters)
                }
                // From the next rank on, so that not all send to the same one at once.
                for turn in 1..<max(count, 1) {
                    let other = (rank + turn) % count
                    try send(messages.bytes(to: other, of: count), to: other, ticket, &letters)
                }
                state.open[ticket] = letters
                return ticket
            }
            if messages.isOverlapped { mover.start(ticket, progress) }
            return ticket
        }

        func finish(_ ticket: Ticket, within patience: Duration) throws(RankFailure) {
            mover.stop(ticket)
            let started = ContinuousClock.now
            while try !advance(ticket) {
                let waited = ContinuousClock.now - started
                if waited > patience { throw .missing(missing(ticket), at: ticket.step, within: patience) }
                // Other ranks may need this processor; after a while so may others still.
                if waited < .milliseconds(2) { sched_yield() } else { usleep(50) }
            }
        }

        /// Nothing is left to do but to end: ``MPIRanks`` does it.
        func fail(_ failure: RankFailure) {}

        /// Ends MPI, when every rank does.
        func end() {
            state.withLock { state in
                state.hasEnded = true
                _ = cmpi_end()
            }
        }

        private func progress() {
            state.withLock { state in
                if !state.hasEnded { _ = cmpi_progress() }
            }
        }

        private func receive(
            _ space: UnsafeMutableRawBufferPointer, from other: Int, _ ticket: Ticket, _ letters: inout [Letter]
        ) throws(RankFailure) {
            for start in stride(from: 0, to: space.count, by: Self.longest) {
                let part = UnsafeMutableRawBufferPointer(
                    rebasing: space[start..<min(start + Self.longest, space.count)])
                var letter = Letter(peer: other, awaited: part.count)
                let code = cmpi_receive(
                    part.baseAddress, Int32(part.count), Int32(other), ticket.tag, &letter.request)
                try check(code, ticket.step)
                letters.append(letter)
            }
        }

        private func send(
            _ bytes: UnsafeRawBufferPointer, to other: Int, _ ticket: Ticket, _ letters: inout [Letter]
        ) throws(RankFailure) {
            for start in stride(from: 0, to: bytes.count, by: Self.longest) {
                let part = UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + Self.longest, bytes.count)])
                var letter = Letter(peer: other)
                let code = cmpi_send(part.baseAddress, Int32(part.count), Int32(other), ticket.tag, &letter.request)
                try check(code, ticket.step)
                letters.append(letter)
            }
        }

        /// Whether everything of an exchange is through.
        private func advance(_ ticket: Ticket) throws(RankFailure) -> Bool {
            try state.withLock { (state) throws(RankFailure) in
                try settle(&state.open[ticket, default: []], of: ticket)
                guard state.open[ticket]?.isEmpty != false else { return false }
                state.open[ticket] = nil
                return true
            }
        }

        /// Drops letters that are through.
        private func settle(_ letters: inout [Letter], of ticket: Ticket) throws(RankFailure) {
            for index in letters.indices.reversed() {
                var isDone = false
                var received: Int32 = 0
                let code = cmpi_test(&letters[index].request, &isDone, &received)
                let letter = letters[index]
                if let awaited = letter.awaited, received < 0 {
                    throw .excess(from: letter.peer, to: rank, awaited: awaited, in: ticket.step)
                }
                try check(code, ticket.step)
                guard isDone else { continue }
                letters.remove(at: index)
                if let awaited = letter.awaited, Int(received) != awaited {
                    throw .size(of: Int(received), from: letter.peer, to: rank, awaited: awaited, in: ticket.step)
                }
            }
        }

        /// Ranks that something of an exchange is still to come from, or to go to.
        private func missing(_ ticket: Ticket) -> [Int] {
            state.withLock { Set(($0.open[ticket] ?? []).map(\.peer)).sorted() }
        }

        private func check(_ code: Int32, _ step: Step) throws(RankFailure) {
            if code != 0 { throw .transport(rank, Self.words(code), at: step) }
        }

        static func words(_ code: Int32) -> String {
            var text = [CChar](repeating: 0, count: 1024)
            cmpi_describe(code, &text, text.count)
            return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }

        private struct State {
            var begun = 0
            /// What is not through yet.
            var open: [Ticket: [Letter]] = [:]
            var hasEnded = false
        }

        private struct Letter {
            let peer: Int
            /// Bytes, if it is received.
            var awaited: Int?
            var request = CMPIRequest()
        }
    }
#endif
