import Foundation
import Mixture
public import ModelFiles
import Offload
import Tensors

/// What a store, a GGUF file, a Hugging Face folder or a checkpoint holds. Sizes in bytes.
public struct ModelSummary: Codable, Sendable {
    public enum Kind: String, Codable, Sendable { case store, file, folder }

    public var name: String
    public var path: String
    public var kind: Kind
    public var architecture: Architecture
    /// Formats of the weights outside the experts and how many tensors have each.
    public var denseFormats: [String: Int]
    /// Formats of the experts' weights and how many matrices have each.
    public var expertFormats: [String: Int]
    public var denseBytes: Int
    public var expertBytes: Int
    public var denseParameters: Int
    public var expertParameters: Int
    /// Parameters that one token meets.
    public var activeParameters: Int
    /// Bytes of one expert of the first layer.
    public var bytesPerExpert: Int
    /// Bytes of experts that one token visits.
    public var expertBytesPerToken: Int
    public var vocabulary: Int
    public var chatTemplate: Bool
    /// What a session would hold, with the positions and passes asked for; of a file or folder, once it is packed as it is.
    public var memory: MemoryPlan

    /// Looks at a model without reading its weights.
    public init(path: String, options: SessionOptions) throws {
        var unlimited = options
        unlimited.budget = .expertShare(1)
        if FileManager.default.fileExists(atPath: path + "/data.mdb") {
            let model = try Model(path: path)
            self.init(
                path: path, .store, model.name, model.architecture, model.store.tokenizer, model.store.formats,
                try MemoryPlanner(Footprint(model.store, model.architecture), unlimited).plan().memory)
        } else {
            let source = try ModelFile.open(path: path)
            var isFolder: ObjCBool = false
            _ = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
            self.init(
                path: path, isFolder.boolValue ? .folder : .file, source.name, source.architecture, source.tokenizer,
                try source.formats(), try MemoryPlanner(Footprint(source, path: path), unlimited).plan().memory)
        }
    }

    private init(
        path: String, _ kind: Kind, _ name: String, _ architecture: Architecture, _ tokenizer: TokenizerDescription,
        _ formats: [(role: TensorRole, format: WeightFormat)], _ memory: MemoryPlan
    ) {
        self.memory = memory
        (self.path, self.kind, self.name, self.architecture) = (path, kind, name, architecture)
        (denseFormats, expertFormats) = ([:], [:])
        (denseBytes, expertBytes, denseParameters, expertParameters, bytesPerExpert) = (0, 0, 0, 0, 0)
        vocabulary = tokenizer.pieces.count
        chatTemplate = tokenizer.chatTemplate != nil
        for (role, format) in formats {
            let shape = role.shape(in: architecture)
            let bytes = shape.rows * (format.bytesPerRow(columns: shape.columns) ?? 0)
            if role.isExpert {
                expertFormats[format.rawValue, default: 0] += 1
                expertBytes += bytes
                expertParameters += shape.rows * shape.columns
            } else {
                denseFormats[format.rawValue, default: 0] += 1
                denseBytes += bytes
                denseParameters += role.isTable ? 0 : shape.rows * shape.columns
            }
        }
        let experts = architecture.layerCount * architecture.expertCount
        bytesPerExpert = expertBytes / experts
        expertBytesPerToken = bytesPerExpert * architecture.layerCount * architecture.expertsPerToken
        activeParameters = denseParameters + expertParameters / architecture.expertCount * architecture.expertsPerToken
    }
}

extension ModelSource {
    /// The format of every tensor.
    fileprivate func formats() throws -> [(role: TensorRole, format: WeightFormat)] {
        let dense = try TensorRole.dense(of: architecture).map { ($0, try tensor($0).format) }
        return try dense + TensorRole.experts(of: architecture).map { ($0, try tensor($0).format) }
    }
}

extension Store {
    /// The format of every tensor.
    var formats: [(role: TensorRole, format: WeightFormat)] {
        let architecture = manifest.architecture
        let dense = TensorRole.dense(of: architecture).compactMap { role in
            manifest.dense[role.name].map { (role, $0) }
        }
        return dense
            + TensorRole.experts(of: architecture).compactMap { role in
                role.layer.flatMap { manifest.experts[$0].format(of: role.kind) }.map { (role, $0) }
            }
    }
}

extension ExpertShape {
    fileprivate func format(of kind: TensorRole.Kind) -> WeightFormat? {
        switch kind {
        case .expertGate: gateFormat
        case .expertUp: upFormat
        case .expertDown: downFormat
        default: nil
        }
    }
}
