import Files
import FoundationEssentials
import Tensors

/// What a model can be written as.
package enum ExportKind: String, Sendable, CaseIterable {
    case huggingFace = "hugging-face"
    case gguf
}

/// Writes a model in a form that other programs read.
package struct Exporter: Sendable {
    private let source: any ModelSource
    /// What matrices are written in; nil: what they are in, where the form knows it.
    private let quantization: Quantization?

    package init(_ source: any ModelSource, quantization: Quantization? = nil) {
        self.source = source
        self.quantization = quantization
    }

    /// Writes the folder or the file `path`, which appears complete or not at all (a folder's `config.json` comes last). Of
    /// two that write to one path the last one wins.
    ///
    /// - Parameter progress: told the bytes of weights that are written and how many there are; what it throws ends it.
    /// - Returns: what the other program calls such a model.
    /// - Throws: ``ModelFileError`` when the form has no name for something of the model, or the disk is full.
    @discardableResult
    package func write(
        _ kind: ExportKind, to path: String, progress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
    ) throws -> String {
        switch kind {
        case .huggingFace: try writeFolder(path, progress)
        case .gguf: try writeGGUF(path, progress)
        }
    }

    private func writeFolder(_ path: String, _ progress: (Int, Int) throws -> Void) throws -> String {
        let form = try source.architecture.form(
            among: ModelFamily.all.map(\.huggingFace), format: "Hugging Face", path: path)
        let tensors = try form.tensors(of: source) { role, target in
            try format(of: role, in: target, path, safetensors: true)
        }
        let folder = FileManager.default
        try folder.createDirectory(atPath: path, withIntermediateDirectories: true)
        let total = tensors.reduce(0) { $0 + $1.byteCount }
        // Wider numbers first, as the writer wants them.
        let ordered = tensors.filter { $0.format == .f32 } + tensors.filter { $0.format != .f32 }
        var writer = try SafetensorsWriter(
            path: path + "/model.safetensors", metadata: ["format": "pt"],
            tensors: ordered.map {
                .init(name: $0.name, type: SafetensorsType($0.format) ?? .f32, shape: $0.dimensions)
            })
        var done = 0
        let rows = ExportedRows(source: source, pairing: form.pairing)
        for tensor in ordered {
            try rows.write(tensor) { bytes in
                try writer.append(bytes)
                done += bytes.count
                try progress(done, total)
            }
        }
        // All is on the disk before any of it takes the place of what was there.
        let tokenizer = source.tokenizer
        let modelPath = path + "/tokenizer.model"
        let isSentencePiece = tokenizer.kind == .sentencePieceBPE
        var model = isSentencePiece ? try written(SentencePieceModel.bytes(of: tokenizer), for: modelPath) : nil
        var pieces = try written(Array(tokenizer.huggingFaceJSON.utf8), for: path + "/tokenizer.json")
        var settings = try written(json: ExportedTokenizer(tokenizer), for: path + "/tokenizer_config.json")
        var ids = try written(json: ExportedIDs(tokenizer), for: path + "/generation_config.json")
        let isHalf = tensors.contains { $0.format != .f32 }
        let type =
            isHalf
            ? try format(of: TensorRole(.query, layer: 0), in: source.architecture, path, safetensors: true) : .f32
        let name = type == .f16 ? "float16" : type == .bf16 ? "bfloat16" : "float32"
        var configuration = try written(
            json: form.configuration(of: source.architecture, type: name), for: path + "/config.json")
        let turn = FolderTurn(path)
        try writer.finish()
        // Of an earlier model's nothing must be left: it would go before tokenizer.json.
        if !isSentencePiece, folder.fileExists(atPath: modelPath) { try folder.removeItem(atPath: modelPath) }
        try model?.finish()
        try pieces.finish()
        try settings.finish()
        try ids.finish()
        try configuration.finish()
        turn.end()
        return form.name
    }

    private func written(json value: some Encodable, for path: String) throws -> OutputFile {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let text = String(decoding: try encoder.encode(value), as: UTF8.self)
        // Python tells 2 from 2.0, and transformers refuses the one where it expects the other.
        let floats = /"(rope_theta|partial_rotary_factor|routed_scaling_factor|rms_norm_eps)" : (\d+)(?=[,\n])/
        return try written(Array((text.replacing(floats) { "\"\($0.1)\" : \($0.2).0" } + "\n").utf8), for: path)
    }

    private func written(_ bytes: [UInt8], for path: String) throws -> OutputFile {
        var file = try OutputFile(path: path, size: bytes.count)
        try bytes.withUnsafeBytes { try file.write($0) }
        return file
    }

    private func writeGGUF(_ path: String, _ progress: (Int, Int) throws -> Void) throws -> String {
        let form = try source.architecture.form(
            among: ModelFamily.all.compactMap(\.gguf), format: "llama.cpp", path: path)
        let tensors = try form.tensors(of: source) { role, target in
            try format(of: role, in: target, path, safetensors: false)
        }
        let expert = TensorRole(.expertGate, layer: 0, expert: 0)
        let most = try quantization ?? .one(format(of: expert, in: source.architecture, path, safetensors: false))
        var writer = try GGUFWriter(
            path: path,
            metadata: try form.ggufMetadata(of: source.architecture, title: source.name, quantization: most)
                + source.tokenizer.ggufMetadata(path: path),
            tensors: tensors.map { .init(name: $0.name, dimensions: $0.dimensions, format: $0.format) })
        let total = writer.size
        let rows = ExportedRows(source: source, pairing: form.pairing)
        for tensor in tensors {
            try rows.write(tensor) { bytes in
                try writer.append(bytes)
                try progress(writer.written, total)
            }
        }
        try writer.finish()
        return form.name
    }

    /// The format that a role is written in, in a file of the architecture `target`.
    private func format(of role: TensorRole, in target: Architecture, _ path: String, safetensors: Bool) throws
        -> WeightFormat
    {
        if role.isAlwaysFloat { return .f32 }
        let isOwn = role.isExpert || TensorRole.dense(of: source.architecture).contains(role)
        // What a form has and the model has not is zeros, in the format of the experts.
        let stored = try source.tensor(isOwn ? role : TensorRole(.expertGate, layer: role.layer ?? 0, expert: 0))
        var format = quantization?.format(of: role, in: target) ?? stored.format
        if safetensors, SafetensorsType(format) == nil {
            guard quantization == nil else {
                throw ModelFileError(
                    path: path, problem: "safetensors for transformers do not hold \(format.rawValue)",
                    remedy: "Choose f32, f16 or bf16, or export GGUF")
            }
            format = .f32
        }
        let columns = role.shape(in: target).columns
        guard format == stored.format || format.canEncode, format.bytesPerRow(columns: columns) != nil else {
            throw ModelFileError(
                path: path,
                problem: "\(stored.name) has rows of \(columns) weights, which cannot be written in \(format.rawValue)",
                remedy: "Choose a format without blocks, such as f16")
        }
        return format
    }
}
