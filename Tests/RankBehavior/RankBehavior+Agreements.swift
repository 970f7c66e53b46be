import Ranks

extension RankBehavior {
    static let agreements: [RankBehavior] = [
        RankBehavior(description: "ranks that have the same agree") { ranks in
            try ranks.agree(on: [("version", "0.1.0"), ("model", "tiny 5f3a"), ("options", "")])
        },
        RankBehavior(description: "ranks that disagree are refused by name, and all hear the same") { ranks in
            guard ranks.count > 1 else { return }
            let model = ranks.rank == ranks.count - 1 ? "tiny 77b0" : "tiny 5f3a"
            do throws(RankFailure) {
                try ranks.agree(on: [("version", "0.1.0"), ("model", model)])
            } catch {
                let wanted =
                    "rank \(ranks.count - 1) has another model than rank 0: tiny 77b0, not tiny 5f3a. "
                    + "Start every rank with the same program, model and options"
                return try confirm(error.description, is: wanted, "refusal")
            }
            throw Broken(description: "ranks with two models agree")
        },
        RankBehavior(description: "what fails on some ranks fails on all, in the words of the first") { ranks in
            let number = try ranks.together(of: .start) { ranks.rank * 10 }
            try confirm(number, is: ranks.rank * 10, "result")
            let first = ranks.count / 2
            do {
                try ranks.together(of: .start) {
                    if ranks.rank >= first { throw Broken(description: "no room on \(ranks.rank)") }
                }
            } catch let error as RankFailure {
                return try confirm(error.description, is: "rank \(first) failed: no room on \(first)", "failure")
            }
            throw Broken(description: "nothing fails")
        },
    ]
}
