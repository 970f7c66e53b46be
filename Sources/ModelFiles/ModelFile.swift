import FoundationEssentials
import Glibc

/// The entrance: a path becomes a model, or an error that says what is there instead.
package enum ModelFile {
    /// Opens a GGUF file, a Hugging Face folder, a checkpoint, or the latest checkpoint in a folder; or what ``location(of:)``
    /// makes of the path.
    ///
    /// - Throws: ``ModelFileError``.
    package static func open(path: String) throws -> any ModelSource {
        let path = try location(of: path)
        var status = stat()
        guard stat(path, &status) == 0 else { throw ModelFileError.cannotOpen(path, errno) }
        let isFolder = status.st_mode & S_IFMT == S_IFDIR
        return isFolder ? try open(folder: ModelFolder(path: path)) : try open(file: path)
    }

    private static func open(folder: ModelFolder) throws -> any ModelSource {
        if folder.has("config.json") { return try PublishedModel(folder: folder) }
        if let checkpoint = folder.latestCheckpoint { return try PublishedModel(checkpoint: checkpoint) }
        throw folder.error(folder.contentsInstead.found, folder.contentsInstead.remedy)
    }

    private static func open(file path: String) throws -> any ModelSource {
        if let part = FilePart(path: path) { throw part.error }
        let file = try InputFile(path: path)
        let start = try file.bytes(at: 0, count: min(64, file.size))
        if start.starts(with: GGUFFile.magic) { return try PublishedModel(gguf: path) }
        let isNamedCheckpoint = Checkpoint.step(ofFileNamed: URL(filePath: path).lastPathComponent) != nil
        if isNamedCheckpoint || SafetensorsFile.isCheckpoint(file) { return try PublishedModel(checkpoint: path) }
        try refuseLFSPointer(file)
        let (found, remedy) = contentsInstead(of: file, start)
        throw file.error(found, remedy)
    }
}

private let supported =
    "Supported are GGUF files, folders with config.json, safetensors and tokenizer.model, and checkpoints of offstage train"

/// What a file is that is no model of ours.
private func contentsInstead(of file: InputFile, _ start: [UInt8]) -> (found: String, remedy: String) {
    let olderFormats = ["tjgg", "lmgg", "fmgg", "algg"].map { Array($0.utf8) }
    return switch true {
    case start.isEmpty: ("is empty", "Fetch it again")
    case olderFormats.contains { start.starts(with: $0) }:
        ("is a ggml file from before GGUF", "Convert the model again with a current llama.cpp")
    case start.starts(with: Array("PK".utf8)), start.starts(with: [0x80, 0x02]):
        ("is a PyTorch checkpoint", "Load it with transformers and call save_pretrained(folder), then give the folder")
    case start.count > 8 && start[8] == UInt8(ascii: "{"):
        ("is a single safetensors file", "Give the folder that also has its config.json and tokenizer.model")
    case start.count > 20 && start[16..<20].elementsEqual([0xDE, 0xC0, 0xEF, 0xBE]):
        ("is the data of an LMDB store", "Give the folder around it to offstage run: it is packed already")
    case start.first == UInt8(ascii: "{"): ("is a JSON file", "Give the folder that it describes")
    default: ("is neither a GGUF file nor anything else that is known", supported)
    }
}

extension ModelFolder {
    /// What is in a folder that has no config.json.
    fileprivate var contentsInstead: (found: String, remedy: String) {
        if has("data.mdb") { return ("is an LMDB store", "It is packed already: give it to offstage run") }
        if let found = ggufFiles { return found }
        if let part = names.lazy.compactMap({ FilePart(path: path(of: $0)) }).first {
            return ("has only parts of a file, such as \(part.name)", part.remedy)
        }
        if has(Self.adapterName) {
            return ("is an adapter (LoRA), not a model", "Merge it into its base model with peft's merge_and_unload")
        }
        if has("params.json") {
            return (
                "is a model as Mistral or Meta publish it, without config.json",
                "Fetch its Hugging Face version, or convert it with transformers"
            )
        }
        if names.isEmpty { return ("is an empty folder", supported) }
        return ("has no config.json (found: \(names.prefix(5).joined(separator: ", ")))", supported)
    }
    /// The GGUF files of a folder: of those in parts the first.
    private var ggufFiles: (found: String, remedy: String)? {
        let models = ggufModels
        guard let first = models.first ?? names.first(where: { $0.hasSuffix(".gguf") }) else { return nil }
        let list =
            models.count > 1 ? " (\(models.prefix(5).joined(separator: ", "))\(models.count > 5 ? ", …" : ""))" : ""
        return ("is a folder with GGUF files\(list)", "Give the file itself: \(path(of: first))")
    }
}
