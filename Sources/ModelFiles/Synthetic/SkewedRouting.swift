import Glibc
import Tensors

/// What makes some experts busier than others and lets neighbors in a text visit the same ones.
///
/// A token's embedding is noise of its own, the vector of its topic (``TokenWalk``) and a constant channel. The residual
/// stream keeps looking like it, since what the layers add is small; so does the input of every gate, up to one factor, the
/// norm's. A gate's row is noise, which answers to tokens and topics, and on the constant channel a bias after Zipf's law,
/// in an order of the experts that differs from layer to layer.
///
/// With these numbers the first of 8 experts, 2 per token, gets a third of a layer's visits, and half of the visits repeat
/// one of the token before (0.32 and 0.51 in llama.cpp, 8 layers of 512; without topics and bias 0.14 and 0.25).
struct SkewedRouting: Sendable {
    /// The part of an embedding's variance that the topic makes.
    static let topicShare: Float = 0.42
    /// What every token has in channel 0.
    static let constant: Float = 4
    /// The bias of the expert of rank r is −`biasStrength` × ln r, in deviations of the scores that the rest gives.
    static let biasStrength: Float = 0.9

    private let hidden: Int
    private let topics: [[Float]]
    /// The experts' ranks, from 1, in each layer.
    private let ranks: [[Int]]

    init(architecture: Architecture, seed: UInt64) {
        hidden = architecture.hiddenSize
        topics = (0..<TokenWalk.topicCount).map { topic in
            var vector = [Float](repeating: 0, count: architecture.hiddenSize)
            var numbers = RandomNumbers(seed: seed, stream: SyntheticModel.stream(.topics, topic))
            var span = vector.mutableSpan
            numbers.fillNormal(&span, deviation: Self.topicShare.squareRoot())
            return vector
        }
        ranks = (0..<architecture.layerCount).map { layer in
            var numbers = RandomNumbers(seed: seed, stream: SyntheticModel.stream(.ranks, layer))
            return Array(1...architecture.expertCount).shuffled(using: &numbers)
        }
    }

    /// Adds to a token's own noise what it has in common with others.
    func complete(_ embedding: inout MutableSpan<Float>, of token: Int) {
        let topic = topics[TokenWalk.topic(of: token)]
        for index in embedding.indices { embedding[index] += topic[index] }
        embedding[0] = Self.constant
    }

    /// What an expert's row of a gate has on the constant channel.
    func bias(layer: Int, expert: Int) -> Float {
        let deviation = SyntheticTensor.deviation * Float(hidden).squareRoot()
        return -Self.biasStrength * logf(Float(ranks[layer][expert])) * deviation / Self.constant
    }
}
