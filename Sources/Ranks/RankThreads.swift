import Glibc

/// Ranks that are threads of one program: for tests, and to try links that are not there.
package enum RankThreads {
    /// Runs `body` once for each rank, all at once.
    ///
    /// Where one throws, the others end in whatever they do together next.
    ///
    /// - Parameter transport: what a rank uses in place of its thread's own, such as a ``LinkTransport`` around it.
    /// - Returns: what each rank returned.
    package static func run<Result: Sendable>(
        _ count: Int, patience: Duration = .seconds(30),
        over transport: @Sendable @escaping (any Transport) -> any Transport = { $0 },
        _ body: @Sendable @escaping (Communicator) throws -> Result
    ) throws -> [Result] {
        precondition(count > 0, "\(count) ranks")
        let group = RankGroup(count)
        let threads = (0..<count).map { rank in
            RankThread {
                let communicator = Communicator(
                    transport(ThreadTransport(rank: rank, group: group)), patience: patience)
                // Others may copy from what it holds until they know that it has ended.
                return withExtendedLifetime(communicator) {
                    do {
                        let result = try body(communicator)
                        group.end(rank)
                        return .success(result)
                    } catch {
                        group.fail(.failed(rank, error))
                        return .failure(error)
                    }
                }
            }
        }
        let results = threads.map { $0.join() }
        if let failure = group.failure { throw failure }
        return try results.map { try $0.get() }
    }
}

/// A thread and what it returns.
private final class RankThread<Output: Sendable>: @unchecked Sendable {  // `output` is read after the thread has ended.
    private let body: @Sendable () -> Result<Output, any Error>
    private var output: Result<Output, any Error>?
    private var thread = pthread_t()

    init(_ body: @Sendable @escaping () -> Result<Output, any Error>) {
        self.body = body
        let code = pthread_create(
            &thread, nil,
            { argument in
                Unmanaged<AnyRankThread>.fromOpaque(argument!).takeRetainedValue().run()
                return nil
            }, Unmanaged.passRetained(AnyRankThread { self.output = self.body() }).toOpaque())
        precondition(code == 0, "a thread for a rank cannot be started: \(String(cString: strerror(code)))")
    }

    func join() -> Result<Output, any Error> {
        pthread_join(thread, nil)
        return output!
    }
}

/// A thread's work without its type, which C functions cannot have.
private final class AnyRankThread {
    let run: () -> Void

    init(_ run: @escaping () -> Void) { self.run = run }
}
