import Foundation
import Mixture
import ModelFiles
package import Profiling
package import Tensors

/// Where a run's routers send the same validation tokens, checkpoint after checkpoint.
package final class RoutingHistory {
    package let recipe: Recipe
    /// The steps of the checkpoints that are there, ascending.
    package let steps: [Int]
    private let folder: RunFolder
    private let corpus: Corpus
    private let model: TrainableModel
    private let batches: [Batch]

    /// Opens a run's folder, which is read and not claimed.
    ///
    /// - Parameters:
    ///   - tokens: of the validation part, about; spread evenly over it, each domain by its size.
    ///   - progress: told how far reading the corpus has come.
    /// - Throws: ``TrainingError`` when there is no run or no checkpoint, and what reading the corpus throws.
    package init(
        _ folder: RunFolder, tokens: Int, workers: Workers,
        progress: @escaping (CorpusProgress) -> Void = { _ in }, isCancelled: @escaping () -> Bool = { false }
    ) throws {
        guard let text = FileManager.default.contents(atPath: folder.recipe) else {
            throw TrainingError("\(folder.path) is no training run: it has no recipe.json that can be read")
        }
        recipe = try Recipe(text: String(decoding: text, as: UTF8.self), from: folder.recipe).validated()
        steps = folder.checkpointSteps()
        guard !steps.isEmpty else {
            throw TrainingError("\(folder.path) has no checkpoint yet; wait for the first, or train on")
        }
        self.folder = folder
        corpus = try recipe.corpus(cacheFolder: folder.data, progress: progress, isCancelled: isCancelled)
        model = try TrainableModel(recipe, tokenCounts: corpus.tokenCounts(), workers: workers)
        let windows = corpus.validationBatches(
            sequences: recipe.batch, context: recipe.context, limit: max(1, tokens / recipe.context))
        batches = windows.mixed(sequences: recipe.batch, context: recipe.context)
    }

    /// The routes at a step, as a text that is generated meets them and as in training.
    ///
    /// - Parameter withWeights: whether weights and what the gates thought are kept, too.
    package func snapshot(of step: Int, withWeights: Bool = false) throws -> LearningSnapshot {
        let state = try restore(step)
        if let change = state.corpus.change(to: CorpusMark(corpus)) {
            throw TrainingError(
                "\(folder.checkpoint(step: step)) learned from another corpus: \(change). Put back the text "
                    + "that it learned from")
        }
        var (loss, tokens) = (0.0, 0)
        let forms = model.generationForms
        let generation = try table(withWeights: withWeights) { batch, observer in
            let losses = try self.model.evaluate(batch, forms: forms, observer: observer).losses
            loss += losses.reduce(0, +)
            tokens += batch.targets.count { $0 >= 0 }
        }
        let training =
            trainsAsItGenerates
            ? generation
            : try table(withWeights: false) { batch, observer in
                let context = self.recipe.routingBatch(
                    batch, step: max(0, min(step, self.recipe.steps) - 1), microBatch: 0)
                _ = try self.model.evaluate(batch, asTraining: context, observer: observer)
            }
        return LearningSnapshot(
            step: step, loss: loss / Double(max(tokens, 1)), generation: generation, training: training)
    }

    private func restore(_ step: Int) throws -> RunState {
        let path = folder.checkpoint(step: step)
        do {
            return try TrainingCheckpoint.restore(path, model)
        } catch {
            let problem = "\(error)"
            throw TrainingError(
                (problem.contains(path) ? "" : "\(path) cannot be used: ") + problem
                    + (steps.count > 1 ? " Remove that file to profile the other checkpoints" : ""))
        }
    }

    /// Whether the router takes the same decisions in both, so that the tokens need to pass only once.
    private var trainsAsItGenerates: Bool {
        let router = recipe.routerConfiguration
        return switch router.name {
        case .topK, .switch, .sigmoid, .hash, .dense: router.capacityFactor == nil && router.jitter == 0
        case .noisyTopK, .gshard, .expertChoice, .base, .stable: false
        }
    }

    /// A token as a person can read it.
    package func visibleText(of token: Int) -> String {
        let pieces = corpus.description.pieces
        return pieces.indices.contains(token) ? pieces[token].replacing("▁", with: " ").debugDescription : "?"
    }

    private func table(
        withWeights: Bool, _ evaluate: (Batch, @escaping ObservedRoutes.Observer) throws -> Void
    ) rethrows -> RoutingTable {
        let router = recipe.routerConfiguration
        var builder = RoutingTableBuilder(
            model: recipe.name, experts: router.experts, topK: recipe.visitsPerToken)
        for batch in batches {
            var routes: [ObservedRoutes] = []
            try evaluate(batch) { routes.append($0) }
            builder.append(routes, of: batch, domains: corpus.domains.map(\.name), withWeights: withWeights)
        }
        return builder.finish().tokenByToken()
    }
}

extension Sequence<Batch> {
    /// The same sequences with all domains mixed evenly, so that any part is like the whole.
    fileprivate func mixed(sequences: Int, context: Int) -> [Batch] {
        var windows: [[(batch: Batch, sequence: Int)]] = []
        for batch in self {
            for (sequence, domain) in batch.domains.enumerated() {
                while windows.count <= domain { windows.append([]) }
                windows[domain].append((batch, sequence))
            }
        }
        let order = EvenMix.order(counts: windows.map(\.count)).map { windows[$0.kind][$0.place] }
        return stride(from: 0, to: order.count, by: sequences).map { first in
            var mixed = Batch(context: context)
            for window in order[first..<Swift.min(first + sequences, order.count)] {
                let rows = window.sequence * context..<(window.sequence + 1) * context
                mixed.tokens += window.batch.tokens[rows]
                mixed.targets += window.batch.targets[rows]
                mixed.domains.append(window.batch.domains[window.sequence])
            }
            return mixed
        }
    }
}

extension RoutingTableBuilder {
    /// Adds a batch, each sequence a text of its own. Tokens that only fill a sequence up are left out.
    fileprivate mutating func append(
        _ routes: [ObservedRoutes], of batch: Batch, domains: [String], withWeights: Bool
    ) {
        let choices = routes.map { LayerChoices($0, withWeights: withWeights) }
        for (sequence, domain) in batch.domains.enumerated() {
            let rows = (sequence * batch.context..<(sequence + 1) * batch.context).filter { batch.targets[$0] >= 0 }
            beginText(RoutingTable.Text(name: domains[domain], domain: domains[domain]))
            let first = tokenCount
            beginPass(.prompt, position: 0, ids: rows.map { Int32(batch.tokens[$0]) })
            for layer in choices {
                let index = self.layer(named: "\(layer.routes.layer)")
                for (place, row) in rows.enumerated() { layer.append(row, as: first + place, layer: index, to: &self) }
            }
        }
        for layer in routes { noteDrops(layer.dropped, layer: self.layer(named: "\(layer.layer)")) }
    }
}

/// A layer's routes, token by token.
private struct LayerChoices {
    let routes: ObservedRoutes
    private let withWeights: Bool
    private let rows: [Int]
    private let offsets: [Int]

    init(_ routes: ObservedRoutes, withWeights: Bool) {
        self.routes = routes
        self.withWeights = withWeights
        (rows, offsets) = routes.assignment.rowsByToken()
    }

    func append(_ row: Int, as token: Int, layer: Int, to builder: inout RoutingTableBuilder) {
        let visits = rows[offsets[row]..<offsets[row + 1]].map { routes.assignment.visits[$0] }
        let isTaken = builder.append(
            token, layer: layer, experts: visits.map(\.expert), weights: withWeights ? visits.map(\.weight) : [],
            gate: withWeights && !routes.gates.isEmpty ? routes.gates[row] : nil)
        precondition(isTaken, "token \(token) of layer \(layer) cannot visit \(visits.map(\.expert))")
    }
}
