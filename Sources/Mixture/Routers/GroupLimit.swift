/// Experts in groups of equal size, of which a token may use only some (DeepSeek-V3, arXiv 2412.19437, §2.1.2).
package struct GroupLimit: Sendable, Equatable, Codable {
    package var groups: Int
    package var allowed: Int

    package init(groups: Int, allowed: Int) {
        self.groups = groups
        self.allowed = allowed
    }

    /// Sets the ranks of experts outside the best groups to −∞; a group is as good as its two best experts together.
    ///
    /// Not to 0: a rank may be negative once a bias is in it, and 0 would then win.
    func mask(_ ranks: inout [Float]) {
        let size = ranks.count / groups
        let values = (0..<groups).map { group in Self.twoBest(ranks[group * size..<(group + 1) * size]) }
        for group in 0..<groups {
            let better = values.indices.count { other in
                values[other] > values[group] || values[other] == values[group] && other < group
            }
            guard better >= allowed else { continue }
            for expert in group * size..<(group + 1) * size { ranks[expert] = -.infinity }
        }
    }

    private static func twoBest(_ ranks: ArraySlice<Float>) -> Float {
        var best = -Float.infinity
        var second = -Float.infinity
        for rank in ranks {
            if rank > best {
                second = best
                best = rank
            } else if rank > second {
                second = rank
            }
        }
        return ranks.count == 1 ? best : best + second
    }
}
