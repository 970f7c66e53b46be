import RankBehavior
import Ranks

/// How long placements take to find, and how well they balance loads as training has them.
enum PlacementTimes {
    static func print() {
        Swift.print("Placement, 64 ranks, 32 experts, skewed loads; median of 201")
        let loads = SkewedLoads.training(experts: 32)
        let owners = ExpertOwners(experts: 32, ranks: 64)
        let visits = SkewedLoads.visits(loads, ranks: 64)
        let shadowing = Shadowing(computing: 1e-6, sending: 1e-6, copying: 1e-3)
        line("slots, 1 on each rank") { ExpertSlots.packed(loads, slots: 64, ranks: 64).perRank }
        line("slots, 2 on each rank") { ExpertSlots.packed(loads, slots: 128, ranks: 64).perRank }
        line("slots, 2 on each rank, 8 hosts") {
            ExpertSlots.packed(loads, slots: 128, ranks: 64, groups: 8, hosts: 8).perRank
        }
        line("owners") { owners.rebalanced(for: loads, slots: 1)?.ranks ?? 0 }
        line("exact balance") { owners.balanced(for: loads).shares.count }
        line("shadowing") { shadowing.shadowed(visits, owners).count }
        printBalance()
    }

    /// What each placement leaves, on average over shuffles of the experts.
    private static func printBalance() {
        Swift.print("Busiest rank / mean, 16 ranks, 32 experts, skewed loads; mean of 100")
        let draws = (0..<100).map { SkewedLoads.training(experts: 32, seed: $0) }
        let owners = ExpertOwners(experts: 32, ranks: 16)
        let balance = { (name: String, shares: ([Int]) -> ExpertShares) in
            let mean = draws.map { shares($0).imbalance(ranks: 16) }.reduce(0, +) / Double(draws.count)
            let copies = draws.map { shares($0).shares.joined().count - 32 }.reduce(0, +)
            Swift.print(
                "  \(padded(name, 34))\(padded(number(mean, places: 2), 8, isNumber: true))"
                    + "  copies \(number(Double(copies) / Double(draws.count), places: 1))")
        }
        balance("neighbors together") { owners.shares(of: $0) }
        balance("owners") { (owners.rebalanced(for: $0, slots: 2) ?? owners).shares(of: $0) }
        for slots in 3...4 {
            balance("slots, \(slots) on each rank") {
                ExpertSlots.packed($0, slots: 16 * slots, ranks: 16).shares(of: $0)
            }
        }
        balance("exact balance") { owners.balanced(for: $0) }
    }

    private static func line(_ name: String, _ body: () -> Int) {
        var sum = 0
        let seconds = median(201) { sum += body() }
        precondition(sum >= 0)
        Swift.print("  \(padded(name, 34))\(padded(number(seconds * 1e3, places: 3), 8, isNumber: true)) ms")
    }
}

/// The median time of a body in seconds.
func median(_ count: Int, _ body: () throws -> Void) rethrows -> Double {
    var times: [Double] = []
    for _ in 0..<count {
        let start = ContinuousClock.now
        try body()
        times.append((ContinuousClock.now - start) / .seconds(1))
    }
    return times.sorted()[count / 2]
}

func padded(_ text: String, _ width: Int, isNumber: Bool = false) -> String {
    let space = String(repeating: " ", count: max(0, width - text.count))
    return isNumber ? space + text : text + space
}

func number(_ value: Double, places: Int) -> String {
    var scale = 1.0
    for _ in 0..<places { scale *= 10 }
    let whole = Int((value * scale).rounded())
    let digits = String(repeating: "0", count: max(0, places + 1 - String(whole).count)) + String(whole)
    return places == 0 ? digits : "\(digits.dropLast(places)).\(digits.suffix(places))"
}
