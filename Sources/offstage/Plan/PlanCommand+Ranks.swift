import Foundation
import Inference
import Mixture
import Profiling
import Ranks
import Tensors

/// What `plan` says of several ranks.
extension Plan {
    /// What a recorded run would be on several ranks.
    func replayed(on ranks: Int) throws -> RanksAnswer {
        let progress = ProgressLine("Reading") { "\($0 >> 20) MB" }
        let table = try TraceFile.read(
            replay, options: reading.options, isCancelled: { Interruption.isRequested },
            onProgress: { progress.show(done: $0, of: $1) }
        ).table
        progress.clear()
        let loads = try ExpertLoads(table, tokens: tokens)
        var cost: RankWay.Model?
        var words: String?
        if let link {
            let recorded = try RecordedLoads(table)
            let shape = try shape ?? PlanShape(like: recorded, experts: loads.experts)
            let study = try shape.study(
                tokens: tokens, threads: session.threads ?? CPU.defaultThreads, measuresAgain: measure)
            words = study.shape
            if self.shape == nil {
                Terminal.note(
                    "The trace does not say what its experts are like; they are taken to be \(study.shape) (--shape).")
            }
            cost = RankWay.Model(
                link: link, tokenBytes: shape.hidden * 4, expertBytes: study.expertBytes,
                computing: { study.leastSeconds(visits: $0) ?? 0 })
        }
        let placing = ProgressLine("Placing", amount: { "\($0) stretches" })
        let replay = try RankReplay(
            loads, ranks: ranks, cost: cost, isCancelled: { Interruption.isRequested },
            onProgress: { placing.show(done: $0, of: loads.stretches) })
        placing.clear()
        return RanksAnswer(loads, replay, shape: words, link: link)
    }

    /// How a model's layers, or experts of a shape, are best computed on several ranks.
    func planned(on ranks: Int, _ link: Link) throws -> RankPlanAnswer {
        if let model {
            let (opened, wanted) = try opened(model)
            let options = try session.options(promptTokens: wanted.count, newTokens: 4)
            return RankPlanAnswer(
                try RankPlan(
                    opened, options, tokens: wanted, ranks: ranks, link: link, measuresAgain: measure,
                    isCancelled: { Interruption.isRequested }))
        }
        let shape = shape!
        let sweep = LoadSweep(experts: shape.experts, expertsPerToken: shape.expertsPerToken, seed: seed)
        let loads = Set([1, tokens]).sorted().flatMap { count in
            // One token has no favorites.
            (count == 1 ? [0] : LoadSweep.skews).map { sweep.assignment(tokens: count, skew: $0) }
        }
        let study = try shape.study(
            tokens: tokens, threads: session.threads ?? CPU.defaultThreads, measuresAgain: measure)
        return RankPlanAnswer(RankPlan(loads, hiddenSize: shape.hidden, ranks: ranks, link: link, study))
    }
}
