import Foundation
import ModelFiles
import Tensors

/// A model small enough to be built in memory, in every shape that files come in.
///
/// The bytes of each role's rows are made up from its name, so that what is read can be told apart.
struct TinyModel {
    enum Experts: CaseIterable { case stacked, separate }

    var format = WeightFormat.f32
    /// Of norms and gates.
    var floatFormat = WeightFormat.f32
    var experts = Experts.stacked
    var tiedEmbeddings = false

    static let pieces = ["<unk>", "<s>", "</s>"] + (0...255).map { String(format: "<0x%02X>", $0) } + ["a", "▁a", "b"]
    static let kinds: [Int32] = [2, 3, 3] + [Int32](repeating: 6, count: 256) + [1, 1, 1]
    static let scores = [Float](repeating: 0, count: 259) + [-1, -2, -3.5]

    var architecture: Architecture {
        Architecture(
            vocabularySize: Self.pieces.count, hiddenSize: isWide ? 256 : 64, layerCount: 2, headCount: 4,
            keyValueHeadCount: 2, headSize: isWide ? 64 : 16,
            intermediateSize: isWide ? 256 : 32, expertCount: 3, expertsPerToken: 2, normEpsilon: 1e-5,
            rotaryBase: 500_000, rotaryPairing: .adjacent, rotaryDimensions: isWide ? 64 : 16,
            slidingWindow: nil,
            tiedEmbeddings: tiedEmbeddings, contextLength: 128)
    }

    private var isWide: Bool { format.blockSize > 64 }

    /// All roles, the experts' last.
    var roles: [TensorRole] { TensorRole.dense(of: architecture) + expertRoles }

    private var expertRoles: [TensorRole] {
        (0..<architecture.layerCount).flatMap { layer in
            (0..<architecture.expertCount).flatMap { expert -> [TensorRole] in
                [
                    TensorRole(.expertGate, layer: layer, expert: expert),
                    TensorRole(.expertUp, layer: layer, expert: expert),
                    TensorRole(.expertDown, layer: layer, expert: expert),
                ]
            }
        }
    }

    func format(of role: TensorRole) -> WeightFormat { role.isAlwaysFloat ? floatFormat : format }

    /// The bytes of a role's rows, different for every role.
    func bytes(of role: TensorRole) -> [UInt8] {
        let (rows, columns) = role.shape(in: architecture)
        let count = rows * format(of: role).bytesPerRow(columns: columns)!
        var random = SeededRandom(seed: "\(role)".utf8.reduce(5381) { $0 &* 33 &+ UInt64($1) })
        return (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next() >> 32) }
    }
}

/// The same numbers for the same seed (SplitMix64).
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
