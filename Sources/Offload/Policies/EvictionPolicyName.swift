/// The eviction policies by the name that `--policy` takes.
public enum EvictionPolicyName: String, Codable, Sendable, CaseIterable {
    /// Decayed count of visits × how soon the layer comes round again.
    case decay
    /// Least recently used.
    case lru
}

extension EvictionPolicyName {
    package var type: any EvictionPolicy.Type {
        switch self {
        case .decay: DecayForwardDistancePolicy.self
        case .lru: LRUPolicy.self
        }
    }
}
