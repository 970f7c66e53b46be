/// Keeps what is used often and comes soon: evicts the least `frequency / distance`.
///
/// EdgeMoE's cache (Yi et al., 2023, arXiv 2308.14352, section 3.3) with the frequency decaying by λ a token, and with the
/// distance counted *forward*, from the layer the tokens are at to the expert's own: the layer they are at is a whole
/// model away. (As printed, the paper's formula counts backward and would keep what has just been used.)
package struct DecayForwardDistancePolicy: EvictionPolicy {
    /// λ: what is left of a use one token later. On traces of real models 0.93 keeps more than 0.97 at every cache size.
    private static let decay: Float = 0.93
    /// Weights are scaled back before they grow beyond this.
    private static let greatestWeight: Float = 1e30

    private let layers: Int
    private let layerOf: [Int32]
    private var frequency: [Float]
    /// 1 / distance to each layer.
    private var nearness: [Float]
    /// What one use counts now. It grows with every token instead of all frequencies shrinking.
    private var weight: Float = 1
    /// What one visit of the tokens at hand counts, they being spread over the call.
    private var visitWeight: Float = 1
    private var layer = -1
    private var tokens = 0

    package init(layers: Int, experts: Int) {
        self.layers = layers
        layerOf = (0..<layers * experts).map { Int32($0 / experts) }
        frequency = [Float](repeating: 0, count: layers * experts)
        nearness = [Float](repeating: 1, count: layers)
    }

    package mutating func enter(layer: Int, tokens: Int) {
        if layer <= self.layer { age() }
        self.layer = layer
        self.tokens = max(self.tokens, tokens)
        visitWeight = weight * Self.meanWeight(tokens)
        for other in 0..<layers {
            let distance = (other - layer + layers) % layers
            nearness[other] = 1 / Float(distance == 0 ? layers : distance)
        }
    }

    package mutating func use(_ expert: ExpertIndex, visits: Int) {
        frequency[expert] += visitWeight * Float(visits)
    }

    package mutating func victim(among candidates: Span<ExpertIndex>) -> Int {
        candidates.position { frequency[$0] * nearness[Int(layerOf[$0])] }
    }

    /// The tokens have passed the last layer, and others come.
    private mutating func age() {
        for _ in 0..<min(tokens, 4096) {
            weight /= Self.decay
            guard weight > Self.greatestWeight else { continue }
            for expert in frequency.indices { frequency[expert] /= weight }
            weight = 1
        }
        tokens = 0
    }

    /// The mean of λ⁰…λⁿ⁻¹ for n tokens that pass together.
    private static func meanWeight(_ tokens: Int) -> Float {
        var (sum, power): (Float, Float) = (0, 1)
        for _ in 0..<min(tokens, 1024) {
            sum += power
            power *= decay
        }
        return tokens > 0 ? sum / Float(tokens) : 0
    }
}
