package import Mixture
import ModelFiles
import Offload
import Tensors

/// How a model's layers are best computed: their loads with a text, and what every strategy takes with them.
package struct ModelStudy {
    /// One for each shape of experts that the model has.
    package private(set) var constants: CostConstants?
    package private(set) var shapes: [String] = []
    /// To choose a strategy for a call.
    package private(set) var choosingSeconds = 0.0
    package private(set) var layers: [LayerExplanation] = []

    /// - Parameters:
    ///   - tokens: the text; the model then writes a few more.
    ///   - onProgress: told how many of the loads have been measured.
    /// - Throws: `CancellationError` once `isCancelled` says yes, and what running the model throws.
    package init(
        _ model: Model, _ options: SessionOptions, tokens: [Int], measuresAgain: Bool = false,
        isCancelled: () -> Bool = { false }, onProgress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws {
        let architecture = model.architecture
        let recorder = try Self.loads(model, options, tokens, isCancelled)
        let layouts = model.store.layouts
        let places = (0..<architecture.layerCount).flatMap { layer in
            [PlanningPhase.prompt, .decode].map { LayerExplanation.Place(layer: layer, phase: $0) }
        }
        for layout in Set(layouts).sorted(by: { PlanMemory.key($0) < PlanMemory.key($1) }) {
            let study = try PlanStudy(
                layout, tokens: tokens.count, expertsPerToken: architecture.visitsPerToken,
                threads: options.threads, folder: options.planFolder, measuresAgain: measuresAgain)
            constants = constants ?? study.constants
            shapes.append(study.shape)
            choosingSeconds = study.choosingSeconds
            // By tokens, since scratch memory is made for as many.
            for place in places.sorted(by: { $0.phase == .prompt && $1.phase == .decode })
            where layouts[place.layer] == layout {
                guard let assignment = recorder.assignment(layer: place.layer, place.phase) else { continue }
                layers.append(try study.measured(assignment, place, isCancelled: isCancelled))
                onProgress(layers.count, places.count)
            }
            study.keep()
        }
        layers.sort { $0.place < $1.place }
    }

    /// What a text, and the few tokens that the model writes after it, ask of each layer.
    static func loads(
        _ model: Model, _ options: SessionOptions, _ tokens: [Int], _ isCancelled: () -> Bool
    ) throws -> LoadRecorder {
        let architecture = model.architecture
        let recorder = LoadRecorder(layers: architecture.layerCount, experts: architecture.expertCount)
        var generation = GenerationOptions()
        generation.newTokens = min(4, max(0, options.positions - tokens.count))
        generation.stopsAtEnd = false
        let session = try model.session(options)
        _ = try session.generate(
            from: tokens, options: generation, recorder: recorder, isCancelled: isCancelled, onText: { _ in })
        if isCancelled() { throw CancellationError() }
        return recorder
    }
}
