import Glibc

/// Which ranks share a host, and so need no link between them.
package struct Hosts: Sendable, Equatable {
    /// The ranks of each host, in order.
    package let ranks: [[Int]]
    /// The host of each rank.
    private let host: [Int]
    /// The place of each rank among those of its host.
    private let place: [Int]

    /// - Parameter names: the host of each rank.
    package init(_ names: [String]) {
        var numbers: [String: Int] = [:]
        var ranks: [[Int]] = []
        var place: [Int] = []
        host = names.enumerated().map { rank, name in
            let number = numbers[name] ?? ranks.count
            numbers[name] = number
            if number == ranks.count { ranks.append([]) }
            place.append(ranks[number].count)
            ranks[number].append(rank)
            return number
        }
        self.ranks = ranks
        self.place = place
    }

    package func host(of rank: Int) -> Int { host[rank] }
    package func share(_ first: Int, _ second: Int) -> Bool { host[first] == host[second] }

    /// The rank of a host that passes on what its ranks send to a rank of another one.
    func carrier(on host: Int, to rank: Int) -> Int { ranks[host][place[rank] % ranks[host].count] }

    /// The ranks of other hosts that a rank carries to, in order.
    func carried(by rank: Int) -> [Int] {
        host.indices.filter { !share(rank, $0) && carrier(on: host[rank], to: $0) == rank }
    }
}

extension Communicator {
    /// Which ranks run on which host: by their names and, since there are many of the name localhost, by what the kernel calls
    /// its own start.
    package func hosts() throws(RankFailure) -> Hosts {
        var name = [CChar](repeating: 0, count: 256)
        gethostname(&name, name.count - 1)
        let bytes = name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) } + [0] + Self.start
        return Hosts(try allGather(bytes, of: .start).map { String(decoding: $0, as: UTF8.self) })
    }

    private static var start: [UInt8] {
        let descriptor = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 64)
        return Array(bytes.prefix(max(0, read(descriptor, &bytes, bytes.count))))
    }
}
