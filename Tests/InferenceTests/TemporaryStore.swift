import Foundation
import Inference
import ModelFiles
import Offload

/// A store in a folder that goes away with it.
final class TemporaryStore {
    let path = FileManager.default.temporaryDirectory.appending(path: "store-\(UUID().uuidString)").path

    /// Packs a golden model.
    init(_ golden: String, _ options: PackOptions = PackOptions()) throws {
        try Packer(ModelFile.open(path: Golden.path(golden)), options: options).pack(to: path)
    }

    /// Packs what training has left.
    init(_ checkpoint: RandomCheckpoint, _ options: PackOptions = PackOptions()) throws {
        let file = path + ".safetensors"
        try checkpoint.write(to: file)
        defer { try? FileManager.default.removeItem(atPath: file) }
        try Packer(ModelFile.open(path: file), options: options).pack(to: path)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// A session for `tokens` tokens.
    func session(_ tokens: Int, _ change: (inout SessionOptions) -> Void = { _ in }) throws -> Session {
        var options = SessionOptions()
        options.positions = tokens
        options.passTokens = tokens
        options.threads = 2
        change(&options)
        return try Model(path: path).session(options)
    }
}
