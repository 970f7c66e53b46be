import Synchronization

/// Carries bytes between ranks that are threads of one program; see ``RankThreads``.
final class ThreadTransport: Transport {
    let rank: Int
    private let group: RankGroup
    private let begun = Atomic<Int>(0)

    init(rank: Int, group: RankGroup) {
        self.rank = rank
        self.group = group
    }

    var count: Int { group.count }

    func begin(_ messages: Messages) throws(RankFailure) -> Ticket {
        let ticket = Ticket(number: begun.add(1, ordering: .relaxed).oldValue, step: messages.step)
        try group.begin(messages, ticket, of: rank)
        return ticket
    }

    func finish(_ ticket: Ticket, within patience: Duration) throws(RankFailure) {
        try group.finish(ticket, of: rank, within: patience)
    }

    func fail(_ failure: RankFailure) { group.fail(failure) }
}
