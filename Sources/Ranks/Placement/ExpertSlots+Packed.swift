extension ExpertSlots {
    /// Gives more slots to the experts that more tokens visit, and spreads them over the ranks: EPLB's algorithm (DeepSeek,
    /// 2025).
    ///
    /// Groups of experts are packed onto hosts first, so that tokens whose router chooses among groups stay on few hosts;
    /// each host then repeats the busiest of its experts, and packs them onto its ranks. Where hosts do not share the groups
    /// evenly, all ranks count as one host's.
    ///
    /// - Parameters:
    ///   - loads: tokens that visit each expert, lately.
    ///   - slots: at least as many as there are experts; ranks share them evenly.
    package static func packed(_ loads: [Int], slots: Int, ranks: Int, groups: Int = 1, hosts: Int = 1) -> ExpertSlots {
        guard groups % hosts == 0 else { return packed(loads, slots: slots, ranks: ranks) }
        precondition(
            ranks % hosts == 0 && slots % ranks == 0 && loads.count % groups == 0 && slots >= loads.count,
            "\(loads.count) experts in \(groups) groups, \(slots) slots, \(ranks) ranks on \(hosts) hosts")
        let size = loads.count / groups
        let groupLoads = (0..<groups).map { group in Double(loads[group * size..<(group + 1) * size].reduce(0, +)) }
        let hostsOfGroups = packs(groupLoads, into: hosts)
        return ExpertSlots(
            experts: hostsOfGroups.flatMap { groups in
                let experts = groups.flatMap { group in group * size..<(group + 1) * size }
                return slotted(experts, loads, slots: slots / hosts, ranks: ranks / hosts)
            }, ranks: ranks)
    }

    /// The experts in the slots of one host.
    private static func slotted(_ experts: [Int], _ loads: [Int], slots: Int, ranks: Int) -> [Int] {
        var counts = [Int](repeating: 1, count: experts.count)
        var replicas = Array(experts.indices)
        while replicas.count < slots {
            // Whose replicas have the most to do.
            var busiest = 0
            for index in experts.indices
            where loads[experts[index]] * counts[busiest] > loads[experts[busiest]] * counts[index] { busiest = index }
            replicas.append(busiest)
            counts[busiest] += 1
        }
        let replicaLoads = replicas.map { Double(loads[experts[$0]]) / Double(counts[$0]) }
        return packs(replicaLoads, into: ranks).joined().map { experts[replicas[$0]] }
    }

    /// Packs of equally many items, whose loads differ little: each item, the heaviest first, joins the lightest pack that
    /// has room.
    private static func packs(_ loads: [Double], into count: Int) -> [[Int]] {
        let size = loads.count / count
        guard size > 1 else { return loads.indices.map { [$0] } }
        var packs = [[Int]](repeating: [], count: count)
        var sums = [Double](repeating: 0, count: count)
        for item in loads.indices.sorted(by: { (-loads[$0], $0) < (-loads[$1], $1) }) {
            var lightest: Int?
            for pack in packs.indices
            where packs[pack].count < size && sums[pack] < lightest.map({ sums[$0] }) ?? .infinity {
                lightest = pack
            }
            guard let lightest else { break }
            packs[lightest].append(item)
            sums[lightest] += loads[item]
        }
        return packs
    }
}
