import Foundation
import ModelFiles
import Tensors

/// A small model of random weights in the form in which training leaves one, with any routing.
struct RandomCheckpoint {
    var architecture: Architecture
    /// One by which no token's route hangs by a hair.
    private static let seed: UInt64 = 5382
    /// Changes the numbers of a role.
    var change: (TensorRole, inout [Float]) -> Void = { _, _ in }

    init(_ routing: Routing, experts: Int = 6, perToken: Int = 2, layers: Int = 3) throws {
        architecture = Architecture(
            vocabularySize: try Self.vocabulary.pieces.count, hiddenSize: 64, layerCount: layers, headCount: 4,
            keyValueHeadCount: 2, headSize: 16, intermediateSize: 96, expertCount: experts, expertsPerToken: perToken,
            normEpsilon: 1e-5, rotaryBase: 10_000, rotaryPairing: .halves, rotaryDimensions: 16, slidingWindow: nil,
            tiedEmbeddings: true, contextLength: 128, routing: routing)
    }

    /// Every kind of routing that training can leave.
    static let samples: [Routing] = [
        .mixtral, Routing(name: "switch", weighting: .softmax),
        Routing(name: "sigmoid", weighting: .sigmoidOfChosen, scale: 2.5, groups: 3, allowedGroups: 2, hasBias: true),
        Routing(name: "base", weighting: .sigmoid),
        Routing(name: "expert-choice", selection: .threshold, weighting: .softmax),
        Routing(name: "hash", selection: .table, weighting: .constant),
        Routing(name: "stable", selection: .table, weighting: .sigmoid),
    ]

    /// One of the kinds, with whatever else there may be besides: normalized heads, a shared expert.
    static func sample(_ routing: Routing) throws -> RandomCheckpoint {
        var sample = try RandomCheckpoint(routing, perToken: routing.selection == .table ? 1 : 2)
        sample.architecture.qkNorm = routing.weighting != .softmaxOfChosen ? .heads : .none
        sample.architecture.sharedIntermediateSize = routing.hasBias ? 32 : nil
        return sample
    }

    /// The expert that the table of a layer names for a token.
    func expert(of token: Int, layer: Int) -> Int { (token * 7 + layer * 3) % architecture.expertCount }

    func write(to path: String) throws {
        let vocabulary = [UInt8](try Data(contentsOf: URL(fileURLWithPath: Golden.path("odd/tokenizer.model"))))
        let tensors = Checkpoint.tensors(of: architecture)
        var writer = try SafetensorsWriter(
            path: path, metadata: Checkpoint.metadata(architecture, name: "random", training: "{}"),
            tensors: tensors.map(\.tensor) + [.init(name: Checkpoint.tokenizer, type: .u8, shape: [vocabulary.count])])
        for (role, tensor) in tensors {
            if role.kind == .routerTable, let layer = role.layer {
                let table = (0..<architecture.vocabularySize).map { Int32(expert(of: $0, layer: layer)) }
                try table.withUnsafeBytes { try writer.append($0) }
            } else {
                try numbers(of: role, count: tensor.shape.reduce(1, *)).withUnsafeBytes { try writer.append($0) }
            }
        }
        try vocabulary.withUnsafeBytes { try writer.append($0) }
        try writer.finish()
    }

    func numbers(of role: TensorRole, count: Int) -> [Float] {
        var random = RandomNumbers(seed: "\(role)".utf8.reduce(Self.seed) { $0 &* 33 &+ UInt64($1) }, stream: 0)
        var numbers = [Float](repeating: 0, count: count)
        var span = numbers.mutableSpan
        random.fillNormal(&span, deviation: 1)
        for index in numbers.indices {
            switch role.kind {
            case .gate: numbers[index] *= 0.3
            case .routerBias: numbers[index] *= 0.1
            case .routerThresholds: numbers[index] = index == 0 ? 0.05 : 0.6
            case _ where role.isAlwaysFloat: numbers[index] = 1 + 0.2 * numbers[index]
            default: numbers[index] *= 0.1
            }
        }
        change(role, &numbers)
        return numbers
    }

    private static var vocabulary: TokenizerDescription {
        get throws { try SentencePieceModel(path: Golden.path("odd/tokenizer.model")).description }
    }
}
