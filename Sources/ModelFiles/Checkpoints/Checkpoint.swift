import FoundationEssentials

/// How a training run keeps a model: one safetensors file, all weights in f32, the vocabulary as a tensor of bytes.
///
/// What resuming needs beside them (names that begin with `optimizer.` or `state.`) readers of models leave alone.
package enum Checkpoint {
    /// What `format` in the metadata says.
    package static let format = "offstage"
    /// The tensor that holds the vocabulary: the bytes of a SentencePiece model.
    package static let tokenizer = "tokenizer.model"

    /// `step-00002000.safetensors`
    package static func fileName(step: Int) -> String {
        let digits = "\(step)"
        return "step-" + String(repeating: "0", count: max(0, 8 - digits.count)) + digits + ".safetensors"
    }

    /// The step that a file's name tells, nil when it is no checkpoint's.
    package static func step(ofFileNamed name: String) -> Int? {
        guard name.hasPrefix("step-"), name.hasSuffix(".safetensors") else { return nil }
        return Int(name.dropFirst(5).dropLast(12))
    }

    /// The path of a folder's latest checkpoint, nil when it has none.
    ///
    /// - Throws: ``ModelFileError`` when the folder cannot be read.
    package static func latest(in path: String) throws -> String? { try ModelFolder(path: path).latestCheckpoint }

    /// What the file's header says of the model.
    ///
    /// - Parameter training: whatever resuming needs, as text.
    package static func metadata(_ architecture: Architecture, name: String, training: String) throws -> [String:
        String]
    {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return [
            "format": format, "name": name, "training": training,
            "architecture": String(decoding: try encoder.encode(architecture), as: UTF8.self),
        ]
    }

    /// The model's tensors, each with its role; that of its first expert stands for all experts of a layer, which are
    /// stacked in one tensor.
    package static func tensors(of architecture: Architecture) -> [(role: TensorRole, tensor: SafetensorsWriter.Tensor)]
    {
        let experts = (0..<architecture.layerCount).flatMap { layer in
            TensorRole.Kind.experts.map { TensorRole($0, layer: layer, expert: 0) }
        }
        return (TensorRole.dense(of: architecture) + experts).map { role in
            let place = TensorNames.checkpoint.places(of: role)[0]
            let dimensions = place.rows(of: role, in: architecture).dimensions
            return (
                role,
                SafetensorsWriter.Tensor(
                    name: place.name(for: role), type: role.isTable ? .i32 : .f32,
                    shape: role.isVector ? [dimensions[1]] : dimensions)
            )
        }
    }
}

extension ModelFolder {
    var latestCheckpoint: String? {
        let steps = names.compactMap { name in Checkpoint.step(ofFileNamed: name).map { (step: $0, name: name) } }
        return steps.max { $0.step < $1.step }.map { path(of: $0.name) }
    }
}
