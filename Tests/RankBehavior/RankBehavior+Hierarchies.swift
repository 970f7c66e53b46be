import Ranks

extension RankBehavior {
    static let hierarchies: [RankBehavior] = [
        RankBehavior(description: "an all-to-all by way of hosts brings the same as a linear one") { ranks in
            for (number, hosts) in layouts(ranks.count).enumerated() {
                try exchange(ranks, Hosts(hosts.map { "host\($0)" }), seed: number)
            }
        },
        RankBehavior(description: "ranks find out which of them share a host, and all find the same") { ranks in
            let hosts = try ranks.hosts()
            try confirm(hosts.ranks.joined().sorted(), is: Array(0..<ranks.count), "ranks of all hosts")
            let firsts = try ranks.allGather(hosts.ranks[hosts.host(of: ranks.rank)][0], of: .start)
            let wanted = (0..<ranks.count).map { hosts.ranks[hosts.host(of: $0)][0] }
            try confirm(firsts, is: wanted, "first ranks of the hosts")
        },
    ]

    /// One host, two in blocks, two in turns, uneven ones, and a host for each rank.
    private static func layouts(_ count: Int) -> [[Int]] {
        let all = 0..<count
        return [all.map { _ in 0 }, all.map { $0 * 2 / count }, all.map { $0 % 2 }, all.map { min($0, 1) }, Array(all)]
    }

    private static func exchange(_ ranks: Communicator, _ hosts: Hosts, seed: Int) throws {
        let all = 0..<ranks.count
        let count = { (from: Int, to: Int) in (from * 5 + to * 3 + seed) % 6 }
        let sent = all.map { count(ranks.rank, $0) }
        let received = all.map { count($0, ranks.rank) }
        let outgoing = all.flatMap { to in (0..<sent[to]).map { Int32(ranks.rank * 10_000 + to * 100 + $0) } }
        let blank = [Int32](repeating: -1, count: received.reduce(0, +))
        let wanted = try changed(blank) { (span) throws(RankFailure) in
            try ranks.allToAll(
                outgoing.span, .consecutive(sent), into: &span, .consecutive(received), of: .layer(seed))
        }
        let found = try changed(blank) { (span) throws(RankFailure) in
            try ranks.allToAll(
                outgoing.span, .consecutive(sent), into: &span, .consecutive(received), through: hosts, of: .layer(seed)
            )
        }
        try confirm(found, is: wanted, "numbers over \(hosts.ranks)")
    }
}
