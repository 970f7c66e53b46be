/// Why ranks can no longer work together.
package struct RankFailure: Error, Equatable, CustomStringConvertible {
    package let description: String
    /// Ranks whose fault it is, as far as anybody knows.
    package let accused: [Int]
    let witnesses: Witnesses

    /// Who finds a failure, so that one of them is enough to print it.
    enum Witnesses: Equatable, Sendable {
        /// One rank, and the others hear of it from that one.
        case one
        /// Perhaps several ranks at about the same time, each in words of its own.
        case several
        /// Every rank that is not accused, in the same words.
        case all
    }

    init(_ description: String, accused: [Int], _ witnesses: Witnesses = .one) {
        self.description = description
        self.accused = accused
        self.witnesses = witnesses
    }

    static func missing(_ ranks: [Int], at step: Step, within patience: Duration) -> RankFailure {
        RankFailure(
            "\(named(ranks)) did not arrive at the \(step) within \(Self.text(patience))", accused: ranks, .all)
    }

    static func ended(_ ranks: [Int], before step: Step) -> RankFailure {
        RankFailure("\(named(ranks)) had ended before the \(step)", accused: ranks, .all)
    }

    static func size(of sent: Int, from sender: Int, to rank: Int, awaited: Int, in step: Step) -> RankFailure {
        RankFailure(
            "rank \(sender) sent \(sent) bytes to rank \(rank) in the \(step), where \(awaited) were awaited",
            accused: [sender, rank], .several)
    }

    static func excess(from sender: Int, to rank: Int, awaited: Int, in step: Step) -> RankFailure {
        RankFailure(
            "rank \(sender) sent more to rank \(rank) in the \(step) than the \(awaited) bytes that were awaited",
            accused: [sender, rank], .several)
    }

    static func disagreement(of rank: Int, on subject: String, _ own: String, _ first: String) -> RankFailure {
        RankFailure(
            "rank \(rank) has another \(subject) than rank 0: \(own), not \(first). "
                + "Start every rank with the same program, model and options",
            accused: [rank], .all)
    }

    /// What went wrong on one rank alone, whatever it was.
    static func failed(_ rank: Int, _ error: any Error) -> RankFailure {
        // A missing file, say, is often missed by all.
        (error as? RankFailure) ?? RankFailure("rank \(rank) failed: \(error)", accused: [rank], .several)
    }

    /// The same where every rank has been told.
    static func failed(_ rank: Int, inWords words: String) -> RankFailure {
        RankFailure("rank \(rank) failed: \(words)", accused: [], .all)
    }

    static func transport(_ rank: Int, _ words: String, at step: Step) -> RankFailure {
        RankFailure("rank \(rank) failed at the \(step): \(words)", accused: [rank])
    }

    private static func named(_ ranks: [Int]) -> String {
        let numbers = ranks.map(String.init)
        guard let last = numbers.last, numbers.count > 1 else { return "rank \(numbers.first ?? "?")" }
        return "ranks \(numbers.dropLast().joined(separator: ", ")) and \(last)"
    }

    private static func text(_ duration: Duration) -> String {
        let milliseconds = duration / .milliseconds(1)
        return milliseconds < 1000 ? "\(Int(milliseconds)) ms" : "\(Int(milliseconds / 1000)) s"
    }
}
