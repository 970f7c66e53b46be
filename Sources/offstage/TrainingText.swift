import Foundation
import Inference
import Mixture
import ModelFiles
import Profiling
import Training

// What training says to the person who waits.

extension TrainingRun {
    /// What is about to happen, in a few lines.
    var introduction: Message {
        let parameters = model.parameterCounts
        let start = resumedStep.map { "Going on after step \($0)" } ?? "Training"
        let domains = corpus.domains.map { "\($0.name) \($0.trainingTokens.grouped)" }.joined(separator: ", ")
        return """
            \(start): \(parameters.all.grouped) parameters, \(parameters.active.grouped) of them for a token; router \
            \(recipe.router.name.rawValue), \(recipe.routerConfiguration.experts) experts, \(recipe.layers) layers; \
            \(recipe.steps) steps of \((recipe.batch * recipe.context * recipe.accumulate).grouped) tokens.
            Tokens to learn from: \(domains); vocabulary \(corpus.description.pieces.count).
            """
    }

    /// What the person who waits should know before it begins, in whole sentences.
    var warnings: [String] {
        let (lost, all) = (corpus.unknownTokens, corpus.tokenCount(of: .training))
        guard lost > 0, let unknown = corpus.description.unknownID else { return [] }
        return [
            "\(lost.grouped) of \(all.grouped) tokens to learn from are \(corpus.description.pieces[unknown]): they stand for "
                + "characters that the vocabulary does not have."
        ]
    }
}

extension LogEntry {
    /// A line for the terminal, of entries that validated.
    var line: String? {
        guard let validationLoss else { return nil }
        var parts = ["step \(step)", "validation loss \(validationLoss.rounded(4))"]
        if let crossEntropy { parts.append("training \(crossEntropy.rounded(4))") }
        for (name, value) in (terms ?? [:]).sorted(by: { $0.key < $1.key }) {
            parts.append("\(name) \(value.rounded(4))")
        }
        if let worst = maxOverMean?.max() { parts.append("max/mean load \(worst.rounded(2))") }
        if let tokensPerSecond { parts.append("\(Int(tokensPerSecond).grouped) tokens/s") }
        return parts.joined(separator: " · ")
    }
}

extension TrainingReport {
    func summary(commands: [String]) -> Message {
        var lines: [Message] = [
            "Validation loss \(validationLoss.rounded(4)), training loss \(trainLoss.rounded(4)) nats per token; "
                + "\(Int(tokensPerSecond).grouped) tokens/s; \(checkpoint)"
        ]
        if let training = validationLossTrainingForm {
            let topK =
                validationLossTopK.map { "; by each token's top-k instead of thresholds: \($0.rounded(4))" } ?? ""
            lines.append("With the decisions taken while learning, which look ahead: \(training.rounded(4))\(topK).")
        }
        for (domain, loss) in validationLossByDomain.sorted(by: { $0.key < $1.key })
        where validationLossByDomain.count > 1 {
            let entropy = entropyByDomain[domain].map { ", at best \($0.rounded(4))" } ?? ""
            lines.append("  \(domain): \(loss.rounded(4))\(entropy)")
        }
        let loads = layers.map { $0.maxOverMean.rounded(2) }.joined(separator: " ")
        lines.append("Greatest load of an expert over the mean, by layer: \(loads)")
        lines += (ranks ?? []).map { rank in
            "rank \(rank.rank): \(rank.experts) of \(rank.allExperts) experts, \(rank.parameters.grouped) parameters · peak memory "
                + "\(formatted(bytes: rank.peakMemoryBytes)) · \(rank.exchangeSeconds.rounded(2)) s for the other ranks, "
                + "\(formatted(bytes: rank.bytesReceived)) from them"
        }
        lines += (overRanks ?? []).lines.map { "\($0)" }
        return (lines + ["Run it with"] + commands.map { "    \($0)" }).joined(separator: "\n")
    }
}

extension ProgressLine {
    func show(step: TrainingProgress) {
        show(
            done: step.step, of: step.steps,
            note: "loss \((step.loss ?? 0).rounded(3)), \(Int(step.tokensPerSecond).grouped) tokens/s, "
                + "max/mean load \(step.maxOverMean.rounded(2))")
    }
}

extension Double {
    func rounded(_ digits: Int) -> String { String(format: "%.\(digits)f", self) }
}
