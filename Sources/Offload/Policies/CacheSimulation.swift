/// The experts that the tokens of one call visit in one layer.
package struct RoutingStep: Sendable, Equatable {
    package var layer: Int
    package var experts: [Int]
    package var tokens: Int

    package init(layer: Int, experts: [Int], tokens: Int = 1) {
        self.layer = layer
        self.experts = experts
        self.tokens = tokens
    }
}

/// What a cache would have done.
package struct CacheSimulation: Sendable, Equatable {
    package var hits = 0
    package var misses = 0

    package var hitRate: Double { hits + misses == 0 ? 0 : Double(hits) / Double(hits + misses) }
}

extension CacheSimulation {
    /// Replays a trace against a policy, the way ``ExpertCache`` works: the experts of a step that are there are kept, the
    /// others come in one by one, and each replaces one that the step is not yet or no longer using.
    ///
    /// - Parameters:
    ///   - capacity: experts that fit, all being of one size.
    ///   - warmUp: steps at the beginning that fill the cache and are not counted.
    package static func replay<Policy: EvictionPolicy>(
        _ steps: [RoutingStep], against policy: Policy.Type, layers: Int, experts: Int, capacity: Int, warmUp: Int = 0
    ) -> CacheSimulation {
        var cache = SimulatedCache(
            Policy(layers: layers, experts: experts), experts: experts, count: layers * experts, capacity)
        var result = CacheSimulation()
        for (index, step) in steps.enumerated() {
            let hits = cache.pass(step)
            guard index >= warmUp else { continue }
            result.hits += hits
            result.misses += step.experts.count - hits
        }
        return result
    }
}

private struct SimulatedCache<Policy: EvictionPolicy> {
    private var policy: Policy
    private let experts: Int
    private let capacity: Int
    private var resident: [ExpertIndex] = []
    private var isResident: [Bool]
    private var isLeased: [Bool]
    private var candidates: [ExpertIndex] = []

    init(_ policy: Policy, experts: Int, count: Int, _ capacity: Int) {
        precondition(capacity >= 1, "a cache of \(capacity) experts")
        self.policy = policy
        self.experts = experts
        self.capacity = capacity
        isResident = [Bool](repeating: false, count: count)
        isLeased = isResident
    }

    /// - Returns: how many of the step's experts were there.
    mutating func pass(_ step: RoutingStep) -> Int {
        policy.enter(layer: step.layer, tokens: step.tokens)
        let asked = step.experts.map { step.layer * experts + $0 }
        let found = asked.filter { isResident[$0] }
        for expert in asked { policy.use(expert, visits: 1) }
        for expert in found { isLeased[expert] = true }
        for expert in asked where !isResident[expert] {
            if resident.count == capacity { evict(whileLeased: found) }
            resident.append(expert)
            isResident[expert] = true
            isLeased[expert] = true
        }
        for expert in asked { isLeased[expert] = false }
        return found.count
    }

    private mutating func evict(whileLeased found: [ExpertIndex]) {
        candidates.removeAll(keepingCapacity: true)
        candidates.append(contentsOf: resident.filter { !isLeased[$0] })
        // With fewer places than the step has experts, the ones computed so far have been given back by now.
        if candidates.isEmpty { candidates.append(contentsOf: resident) }
        let choice = candidates
        let victim = choice[policy.victim(among: choice.span)]
        isResident[victim] = false
        resident.remove(at: resident.firstIndex(of: victim)!)
    }
}
