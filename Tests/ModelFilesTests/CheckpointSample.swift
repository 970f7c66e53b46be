import ModelFiles
import Tensors

/// A checkpoint of small random weights, as a training run writes it.
struct CheckpointSample {
    var architecture = Architecture(
        vocabularySize: TinyModel.pieces.count, hiddenSize: 32, layerCount: 2, headCount: 4, keyValueHeadCount: 2,
        headSize: 8, intermediateSize: 48, expertCount: 3, expertsPerToken: 2, normEpsilon: 1e-5, rotaryBase: 10_000,
        rotaryPairing: .halves, rotaryDimensions: 8, slidingWindow: nil, tiedEmbeddings: false, contextLength: 64)
    var metadata: [String: String] = [:]
    /// Expert of each token id, in every layer.
    var table: (Int) -> Int = { $0 % 3 }
    /// What else a training run keeps.
    var extras: [String: [Float]] = ["optimizer.query.first": [1, 2], "state.step": [7], "layers.0.router.noise": [3]]

    static let vocabulary = sentencePieceModel(
        pieces: TinyModel.pieces, scores: TinyModel.scores, kinds: TinyModel.kinds)

    func numbers(of role: TensorRole) -> [Float] {
        let (rows, columns) = role.shape(in: architecture)
        if role.kind == .routerTable { return (0..<columns).map { Float(table($0)) } }
        var random = RandomNumbers(seed: "\(role)".utf8.reduce(5381) { $0 &* 33 &+ UInt64($1) }, stream: 0)
        var numbers = [Float](repeating: 0, count: rows * columns)
        var span = numbers.mutableSpan
        random.fillNormal(&span, deviation: 0.3)
        return rows == 1 ? numbers.map { 1 + $0 } : numbers
    }

    func write(to path: String) throws {
        let tensors = Checkpoint.tensors(of: architecture)
        let extras = extras.sorted { $0.key < $1.key }
        var writer = try SafetensorsWriter(
            path: path,
            metadata: Checkpoint.metadata(architecture, name: "sample", training: "{}").merging(metadata) { $1 },
            tensors: tensors.map(\.tensor) + extras.map { .init(name: $0.key, shape: [$0.value.count]) }
                + [.init(name: Checkpoint.tokenizer, type: .u8, shape: [Self.vocabulary.count])])
        for (role, tensor) in tensors {
            for role in experts(of: role) {
                let numbers = numbers(of: role)
                if tensor.type == .i32 {
                    try numbers.map(Int32.init).withUnsafeBytes { try writer.append($0) }
                } else {
                    try numbers.withUnsafeBytes { try writer.append($0) }
                }
            }
        }
        for (_, numbers) in extras { try numbers.withUnsafeBytes { try writer.append($0) } }
        try Self.vocabulary.withUnsafeBytes { try writer.append($0) }
        try writer.finish()
    }

    /// The roles whose tensors are stacked in that of the first.
    private func experts(of role: TensorRole) -> [TensorRole] {
        guard role.isExpert else { return [role] }
        return (0..<architecture.expertCount).map { TensorRole(role.kind, layer: role.layer, expert: $0) }
    }
}

extension Routing {
    /// One of each kind that a training run can leave.
    static let samples: [Routing] = [
        .mixtral, Routing(name: "switch", weighting: .softmax),
        Routing(name: "sigmoid", weighting: .sigmoidOfChosen, scale: 2.5, groups: 3, allowedGroups: 2, hasBias: true),
        Routing(name: "base", weighting: .sigmoid),
        Routing(name: "expert-choice", selection: .threshold, weighting: .softmax),
        Routing(name: "hash", selection: .table, weighting: .constant),
        Routing(name: "stable", selection: .table, weighting: .sigmoid),
    ]
}
