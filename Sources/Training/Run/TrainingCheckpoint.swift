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
            case .matrix(let matrix): try writer.append(matrix)
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
    static func restore(
        _ path: String, _ model: TrainableModel, _ optimizer: Optimizer
    ) throws -> RunState {
        let file = try SafetensorsFile(path: path)
        let state = try restore(file, at: path, model)
        for (index, tensor) in model.parameters.layout.tensors.enumerated() {
            try file.read("optimizer.first." + tensor.name, into: optimizer.firstMoment[index])
            try file.read("optimizer.second." + tensor.name, into: optimizer.secondMoment[index])
        }
        optimizer.steps = state.optimizerSteps
        return state
    }

    /// Puts only the model back: parameters and what its routers have learned beside them.
    static func restore(_ path: String, _ model: TrainableModel) throws -> RunState {
        try restore(SafetensorsFile(path: path), at: path, model)
    }

    private static func restore(_ file: SafetensorsFile, at path: String, _ model: TrainableModel) throws -> RunState {
        guard let text = file.metadata["training"], let state = try? RunState(text: text) else {
            throw TrainingError("\(path) does not say where training was")
        }
        for (index, tensor) in model.parameters.layout.tensors.enumerated() {
            try file.read(tensor.name, into: model.parameters[index])
        }
        for (layer, router) in model.routers.enumerated() {
            let prefix = "state.layers.\(layer).router."
            let names = file.names.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
            try router.restore(
                Dictionary(uniqueKeysWithValues: names.map { ($0, try file.numbers(of: prefix + $0)) }))
        }
        return state
    }
}

/// A tensor of a checkpoint.
private struct Part {
    enum Content {
        case matrix(MatrixView)
        case floats([Float])
        case integers([Int])
        case bytes([UInt8])
    }

    let tensor: SafetensorsWriter.Tensor
    let content: Content

    init(_ name: String, _ shape: [Int], _ matrix: MatrixView) {
        tensor = .init(name: name, shape: shape)
        content = .matrix(matrix)
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
            Part(tensor.name, tensor.shape, model.parameters[index])
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
                Part("optimizer.first." + tensor.name, tensor.shape, optimizer.firstMoment[index]),
                Part("optimizer.second." + tensor.name, tensor.shape, optimizer.secondMoment[index]),
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
