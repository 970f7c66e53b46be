import Offload
import Tensors
import Testing

private let policies: [any EvictionPolicy.Type] = [LRUPolicy.self, DecayForwardDistancePolicy.self]

extension EvictionPolicy {
    /// Which of these would go.
    fileprivate mutating func evicted(from candidates: [ExpertIndex]) -> ExpertIndex {
        candidates[victim(among: candidates.span)]
    }
}

@Suite struct PolicyTests {
    /// Every token visits experts of its own choice in each of 8 layers, some more often than others.
    private func steps(tokens: Int, seed: UInt64) -> [RoutingStep] {
        var random = RandomNumbers(seed: seed)
        return (0..<tokens).flatMap { _ in
            (0..<8).map { layer in
                let favorite = Int.random(in: 0..<4, using: &random)
                let other = Int.random(in: 4..<16, using: &random)
                return RoutingStep(layer: layer, experts: [favorite, other])
            }
        }
    }

    @Test func `a scan longer than the cache finds nothing under LRU, and something under decay and forward distance`()
    {
        // Every token visits the same 2 experts of 8 layers: a cycle of 16, and room for 14.
        let scan = (0..<50).flatMap { _ in (0..<8).map { RoutingStep(layer: $0, experts: [0, 1]) } }
        let lru = CacheSimulation.replay(scan, against: LRUPolicy.self, layers: 8, experts: 4, capacity: 14)
        #expect(lru.hits == 0)
        let kept = CacheSimulation.replay(
            scan, against: DecayForwardDistancePolicy.self, layers: 8, experts: 4, capacity: 14, warmUp: 16)
        #expect(kept.hitRate > 0.8)
    }

    @Test(arguments: policies)
    func `with room for all only first visits miss`(policy: any EvictionPolicy.Type) {
        let steps = steps(tokens: 60, seed: 1)
        let result = CacheSimulation.replay(steps, against: policy, layers: 8, experts: 16, capacity: 128)
        let distinct = Set(steps.flatMap { step in step.experts.map { step.layer * 16 + $0 } })
        #expect(result.misses == distinct.count)
    }

    @Test(arguments: policies)
    func `every visit is a hit or a miss, and the same trace gives the same result`(policy: any EvictionPolicy.Type) {
        for capacity in [1, 2, 5, 16, 40, 100] {
            let steps = steps(tokens: 60, seed: 2)
            let first = CacheSimulation.replay(steps, against: policy, layers: 8, experts: 16, capacity: capacity)
            let second = CacheSimulation.replay(steps, against: policy, layers: 8, experts: 16, capacity: capacity)
            #expect(first == second)
            #expect(first.hits + first.misses == steps.count * 2)
        }
    }

    @Test(arguments: policies)
    func `a victim is always one of the candidates`(policy: any EvictionPolicy.Type) {
        var policy = policy.init(layers: 8, experts: 16)
        var random = RandomNumbers(seed: 3)
        for _ in 0..<2000 {
            policy.enter(layer: Int.random(in: 0..<8, using: &random), tokens: Int.random(in: 1...600, using: &random))
            policy.use(Int.random(in: 0..<128, using: &random), visits: Int.random(in: 1...600, using: &random))
            let candidates = (0..<Int.random(in: 1...9, using: &random)).map { _ in
                Int.random(in: 0..<128, using: &random)
            }
            #expect(candidates.contains(policy.evicted(from: candidates)))
        }
    }

    @Test(arguments: policies)
    func `of two experts alike in all else, the one never used goes`(policy: any EvictionPolicy.Type) {
        var policy = policy.init(layers: 2, experts: 4)
        policy.enter(layer: 1, tokens: 1)
        policy.use(1, visits: 1)
        policy.enter(layer: 1, tokens: 1)
        #expect(policy.evicted(from: [1, 2]) == 2)
    }

    @Test func `what comes soon is kept longer than what has just been passed`() {
        var policy = DecayForwardDistancePolicy(layers: 4, experts: 1)
        for layer in 0..<4 {
            policy.enter(layer: layer, tokens: 1)
            policy.use(layer, visits: 1)
        }
        policy.enter(layer: 1, tokens: 1)
        // Ahead of layer 1 lie 2 (one step), 3 (two) and 0 (three); 1 itself is a whole round away.
        #expect(policy.evicted(from: [2, 3, 0, 1]) == 1)
        #expect(policy.evicted(from: [2, 3, 0]) == 0)
        #expect(policy.evicted(from: [2, 3]) == 3)
    }

    @Test func `frequencies stay comparable however many tokens pass`() {
        var policy = DecayForwardDistancePolicy(layers: 1, experts: 3)
        for token in 0..<20000 {
            policy.enter(layer: 0, tokens: 1)
            policy.use(token % 10 == 0 ? 0 : 1, visits: 1)
        }
        #expect(policy.evicted(from: [1, 0, 2]) == 2)
        #expect(policy.evicted(from: [1, 0]) == 0)
    }
}
