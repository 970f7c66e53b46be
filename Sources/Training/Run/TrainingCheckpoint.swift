import Foundation
import Mixture
import ModelFiles
import Tensors

/// A run at one of its steps: the model, and all that is needed to go on to the same bits.
enum TrainingCheckpoint {
    /// Writes a checkpoint, which is there as a whole or not at all.
    static func write(to path: String, _ run: TrainingRun) throws {
        let parts = run.parts
        let metadata = try Checkpoint.metadata(
            run.model.architecture, name: run.recipe.name, training: run.state.text())
        var writer = try SafetensorsWriter(path: path, metadata: metadata, tensors: parts.map(\.tensor))
        for part in parts {
            switch part.content {
            case .tensor(let block, let index): try run.learner.withWhole(block, index) { try writer.append($0) }
            case .floats(let numbers): try numbers.withUnsafeBytes { try writer.append($0) }
            case .integers(let numbers):
                try numbers.map { Int32($0).littleEndian }.withUnsafeBytes { try writer.append($0) }
            case .bytes(let bytes): try bytes.withUnsafeBytes { try writer.append($0) }
            }
        }
        try writer.finish()
    }

    /// Puts a run back to the step of a checkpoint.
    ///
    /// - Throws: ``ModelFileError`` for a file that is damaged or of another shape, ``TrainingError`` for one that says
    ///   nothing about training.
    static func restore(_ path: String, _ learner: Learner) throws -> RunState {
        let file = try SafetensorsFile(path: path)
        let state = try state(of: file, at: path)
        for (index, tensor) in learner.model.parameters.layout.tensors.enumerated() {
            try learner.fill(.parameters, index) { try file.read(tensor.name, into: $0) }
            try learner.fill(.firstMoment, index) { try file.read("optimizer.first." + tensor.name, into: $0) }
            try learner.fill(.secondMoment, index) { try file.read("optimizer.second." + tensor.name, into: $0) }
        }
        try learner.restore(
            routers: learner.model.routers.indices.map { try routerState(of: file, layer: $0) },
            optimizerSteps: state.optimizerSteps)
        return state
    }

    /// Puts only the model back: parameters and what its routers have learned beside them.
    static func restore(_ path: String, _ model: TrainableModel) throws -> RunState {
        let file = try SafetensorsFile(path: path)
        let state = try state(of: file, at: path)
        for (index, tensor) in model.parameters.layout.tensors.enumerated() {
            try file.read(tensor.name, into: model.parameters[index])
        }
        for (layer, router) in model.routers.enumerated() {
            try router.restore(routerState(of: file, layer: layer))
        }
        return state
    }

    private static func state(of file: SafetensorsFile, at path: String) throws -> RunState {
        guard let text = file.metadata["training"], let state = try? RunState(text: text) else {
            throw TrainingError("\(path) does not say where training was")
        }
        return state
    }

    private static func routerState(of file: SafetensorsFile, layer: Int) throws -> [String: [Float]] {
        let prefix = "state.layers.\(layer).router."
        let names = file.names.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
        return try Dictionary(uniqueKeysWithValues: names.map { ($0, try file.numbers(of: prefix + $0)) })
    }
}

/// A tensor of a checkpoint.
private struct Part {
    enum Content {
        case tensor(Learner.Block, Int)
        case floats([Float])
        case integers([Int])
        case bytes([UInt8])
    }

    let tensor: SafetensorsWriter.Tensor
    let content: Content

    init(_ name: String, _ shape: [Int], _ block: Learner.Block, _ index: Int) {
        tensor = .init(name: name, shape: shape)
        content = .tensor(block, index)
    }

    init(_ name: String, _ numbers: [Float]) {
        tensor = .init(name: name, shape: [numbers.count])
        content = .floats(numbers)
    }

    init(_ name: String, _ numbers: [Int]) {
        tensor = .init(name: name, type: .i32, shape: [numbers.count])
        content = .integers(numbers)
    }

    init(_ name: String, _ bytes: [UInt8]) {
        tensor = .init(name: name, type: .u8, shape: [bytes.count])
        content = .bytes(bytes)
    }
}

extension TrainingRun {
    /// The model first, as readers of models want it, then what only training needs; bytes last.
    fileprivate var parts: [Part] {
        modelParts + optimizerParts + routerStateParts
            + [Part(Checkpoint.tokenizer, SentencePieceModel.bytes(of: corpus.description))]
    }

    private var modelParts: [Part] {
        let weights = model.parameters.layout.tensors.enumerated().map { index, tensor in
            Part(tensor.name, tensor.wholeShape, .parameters, index)
        }
        return weights
            + model.generationForms.enumerated().flatMap { layer, form in
                let prefix = "layers.\(layer).router."
                return [
                    form.bias.map { Part(prefix + "bias", $0) },
                    form.thresholds.map { Part(prefix + "thresholds", $0) },
                    form.table.map { Part(prefix + "table", $0) },
                ].compactMap { $0 }
            }
    }

    private var optimizerParts: [Part] {
        model.parameters.layout.tensors.enumerated().flatMap { index, tensor in
            [
                Part("optimizer.first." + tensor.name, tensor.wholeShape, .firstMoment, index),
                Part("optimizer.second." + tensor.name, tensor.wholeShape, .secondMoment, index),
            ]
        }
    }

    private var routerStateParts: [Part] {
        model.routers.enumerated().flatMap { layer, router in
            router.state.sorted { $0.key < $1.key }.map { Part("state.layers.\(layer).router.\($0.key)", $0.value) }
        }
    }
}

extension RunState {
    /// With its keys in order, so that equal states have equal bytes.
    fileprivate func text() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    fileprivate init(text: String) throws {
        self = try JSONDecoder().decode(RunState.self, from: Data(text.utf8))
    }
}
