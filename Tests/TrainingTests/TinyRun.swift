import Foundation
import Tensors
import Training

/// A run of a few steps and its folder, which goes away with its owner.
final class TinyRun {
    let folder: RunFolder
    let recipe: Recipe
    private let texts: TextFolder
    private let workers = Workers(count: 2)

    init(router: String = "top-k", steps: Int = 6, fields: Recipe.Fields = [:]) throws {
        texts = try TextFolder()
        let text = (0..<200).map { "\($0 % 13) and \($0 * 7 % 11)\n" }.joined()
        let data = try texts.write(text, as: "sums.txt")
        let all: Recipe.Fields = [
            "data": [data], "layers": 1, "hidden": 16, "heads": 2, "context": 8, "batch": 2, "experts": 4,
            "steps": steps, "checkpoint_every": 3, "keep_checkpoints": 0, "router": router, "validation_tokens": 64,
        ]
        recipe = try Recipe(path: nil, fields: all.merging(fields) { $1 })
        folder = RunFolder(path: texts.cache + "/run")
    }

    /// Opens a folder: this one's own, or another beside it.
    func open(_ name: String? = nil) throws -> TrainingRun {
        let folder = name.map { RunFolder(path: texts.cache + "/" + $0) } ?? folder
        return try TrainingRun(recipe, in: folder, cacheFolder: texts.cache + "/data", workers: workers)
    }

    /// A checkpoint of the run, after it was run to its end if it was not.
    func checkpoint(step: Int) throws -> [UInt8] {
        if folder.checkpointSteps().isEmpty { _ = try open().run() }
        return try [UInt8](Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/step-0000000\(step).safetensors")))
    }

    /// Puts a checkpoint into a folder of its own.
    func put(_ bytes: [UInt8], step: Int, into name: String) throws -> String {
        let path = "\(texts.cache)/\(name)/step-0000000\(step).safetensors"
        try FileManager.default.createDirectory(
            atPath: "\(texts.cache)/\(name)", withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return path
    }

    func remove(_ name: String) { try? FileManager.default.removeItem(atPath: "\(texts.cache)/\(name)") }
}
