import Glibc
import Tensors

/// The first and the last tensor of a synthetic model, made so that its text takes a ``TokenWalk``.
struct SyntheticText: Sendable {
    /// How much likelier the next token of the walk is than all others together, as a logarithm.
    private static let lead: Float = 3

    private let seed: UInt64
    private let hidden: Int
    private let lead: Float
    private let walk: TokenWalk
    private let skew: SkewedRouting?

    init(architecture: Architecture, skew: SkewedRouting?, seed: UInt64) {
        var numbers = RandomNumbers(seed: seed, stream: SyntheticModel.stream(.walk, 0))
        walk = TokenWalk(vocabularySize: architecture.vocabularySize, numbers: &numbers)
        lead = Self.lead + logf(Float(architecture.vocabularySize))
        hidden = architecture.hiddenSize
        self.skew = skew
        self.seed = seed
    }

    /// The variance of what a token's embedding shares with no other.
    private var ownVariance: Float { skew == nil ? 1 : 1 - SkewedRouting.topicShare }

    /// A token's embedding, of variance 1.
    func makeEmbedding(_ row: inout MutableSpan<Float>, token: Int) {
        fillOwn(&row, token: token)
        skew?.complete(&row, of: token)
    }

    /// A token's row of the output projection: noise, and what only its predecessor answers to.
    func makeOutput(_ row: inout MutableSpan<Float>, token: Int, _ numbers: inout RandomNumbers) {
        numbers.fillNormal(&row, deviation: SyntheticTensor.deviation)
        guard let predecessor = walk.predecessor(of: token) else { return }
        var own = [Float](repeating: 0, count: row.count)
        var span = own.mutableSpan
        fillOwn(&span, token: predecessor)
        // The product of `own` with itself is hidden × its variance.
        let weight = lead / (Float(hidden) * ownVariance)
        for index in row.indices { row[index] += weight * own[index] }
    }

    private func fillOwn(_ row: inout MutableSpan<Float>, token: Int) {
        var numbers = RandomNumbers(seed: seed, stream: SyntheticModel.stream(.embeddings, token))
        numbers.fillNormal(&row, deviation: ownVariance.squareRoot())
    }
}
