import Tensors

#if canImport(Glibc)
    import Glibc
#endif

/// Sums, differences that are not negative, and products of small numbers: `37+58=95`.
struct Arithmetic: ToyDomain {
    let name = "arithmetic"

    /// All that can be asked, each list as likely as the others.
    private static let tasks: [[(left: Int, right: Int)]] = [
        (0..<100).flatMap { left in (0..<100).map { (left, $0) } },
        (0..<100).flatMap { left in (0...left).map { (left, $0) } },
        (0..<13).flatMap { left in (0..<13).map { (left, $0) } },
    ]

    var entropy: DocumentEntropy {
        let share = 1 / Double(Self.tasks.count)
        let nats = Self.tasks.map { log(Double($0.count)) - log(share) }
        let lengths = Self.tasks.enumerated().map { kind, tasks in
            Double(tasks.reduce(0) { $0 + Self.text(kind, $1).utf8.count }) / Double(tasks.count)
        }
        return DocumentEntropy(nats: share * nats.reduce(0, +), characters: share * lengths.reduce(0, +))
    }

    func write(into text: inout [UInt8], using random: inout RandomNumbers) -> Double {
        let kind = Int.random(in: 0..<Self.tasks.count, using: &random)
        let tasks = Self.tasks[kind]
        text += Self.text(kind, tasks[Int.random(in: 0..<tasks.count, using: &random)]).utf8
        return log(Double(Self.tasks.count)) + log(Double(tasks.count))
    }

    private static func text(_ kind: Int, _ numbers: (left: Int, right: Int)) -> String {
        let (left, right) = numbers
        switch kind {
        case 0: return "\(left)+\(right)=\(left + right)"
        case 1: return "\(left)-\(right)=\(left - right)"
        default: return "\(left)*\(right)=\(left * right)"
        }
    }
}
