package import Ranks

/// How ranks compute a layer together. All but ``outputs`` take each rank's tokens to be its own, as many for each.
package enum RankWay: String, CaseIterable, Sendable {
    /// All ranks have all tokens; outputs are gathered: what a run does.
    case outputs
    /// Tokens go to their experts' ranks and come back (expert parallel; Tutel's r = 1).
    case tokens
    /// Weights of visited experts go to every rank (data parallel; Tutel's r = 0).
    case weights
    /// Every rank has a slice of every expert; tokens go to all ranks, and partial sums come back (tensor parallel).
    case slices

    /// Whether every rank must have tokens of its own.
    var splitsTokens: Bool { self == .tokens || self == .weights }

    /// Seconds of one call of a layer, or the mean of several.
    package struct Cost: Encodable, Sendable {
        package let way: String
        /// Of the busiest rank.
        package var computingSeconds = 0.0
        package var exchangeSeconds = 0.0
        /// Both together, as far as they overlap.
        package var seconds = 0.0
        /// Into how many chunks tokens are cut, so that one's exchange goes on while another is computed; the mean of several.
        package var degree = 0.0
        private var calls = 0

        private enum CodingKeys: String, CodingKey { case way, computingSeconds, exchangeSeconds, seconds, degree }

        init(way: String) { self.way = way }

        mutating func add(_ other: Cost) {
            computingSeconds += other.computingSeconds
            exchangeSeconds += other.exchangeSeconds
            seconds += other.seconds
            degree += other.degree
            calls += 1
        }

        var mean: Cost {
            var mean = Cost(way: way)
            let count = Double(max(calls, 1))
            mean.computingSeconds = computingSeconds / count
            mean.exchangeSeconds = exchangeSeconds / count
            mean.seconds = seconds / count
            mean.degree = degree / count
            return mean
        }
    }

    /// What ranks are like that are all alike.
    package struct Model {
        package var link: Link
        /// Bytes of a token, and of an expert's weights.
        package var tokenBytes: Int
        package var expertBytes: Int
        /// Seconds that one rank computes, given the visits of each expert that is visited.
        package var computing: ([Int]) -> Double

        package init(
            link: Link, tokenBytes: Int, expertBytes: Int, computing: @escaping ([Int]) -> Double
        ) {
            self.link = link
            self.tokenBytes = tokenBytes
            self.expertBytes = expertBytes
            self.computing = computing
        }

        /// What a call of a layer takes.
        func cost(_ way: RankWay, _ visits: [Int], tokens: Int, _ owners: ExpertOwners) -> Cost {
            let ranks = owners.ranks
            let others = Double(ranks - 1) / Double(ranks)
            let loads = owners.shares(of: visits).loads(ranks: ranks)
            let (total, most) = (loads.reduce(0, +), loads.max() ?? 0)
            let busiest = loads.firstIndex(of: most) ?? 0
            func own() -> [Int] { visits.indices.filter { owners.owners[$0] == busiest }.map { visits[$0] } }
            var cost = Cost(way: way.rawValue)
            switch way {
            case .outputs:
                cost.computingSeconds = seconds(own())
                cost.exchangeSeconds = bytes(Double(total - (loads.min() ?? 0)) * Double(tokenBytes))
                return whole(cost)
            case .tokens:
                cost.computingSeconds = seconds(own())
                // A rank sends its part of all visits and receives those to its experts, then the other way round.
                let there = max(Double(most), Double(total) / Double(ranks)) * others
                cost.exchangeSeconds = 2 * bytes(there * Double(tokenBytes))
                return pipelined(cost)
            case .weights:
                cost.computingSeconds = seconds(visits.map { ($0 + ranks - 1) / ranks })
                let active = visits.count { $0 > 0 }
                cost.exchangeSeconds = bytes(Double(active) * others * Double(expertBytes))
                return whole(cost)
            case .slices:
                cost.computingSeconds = seconds(visits) / Double(ranks)
                cost.exchangeSeconds = 2 * bytes(Double(tokens) * others * Double(tokenBytes))
                return pipelined(cost)
            }
        }

        private func seconds(_ visits: [Int]) -> Double {
            let visited = visits.filter { $0 > 0 }
            return visited.isEmpty ? 0 : computing(visited)
        }

        private func bytes(_ count: Double) -> Double { count > 0 ? link.latency + count / link.bandwidth : 0 }

        private func whole(_ cost: Cost) -> Cost {
            var cost = cost
            cost.seconds = cost.computingSeconds + cost.exchangeSeconds
            cost.degree = 1
            return cost
        }

        /// Cut into 1 to 8 chunks, whichever is fastest: the shorter of both hides behind the longer but for one chunk, and
        /// every chunk pays the latency.
        private func pipelined(_ cost: Cost) -> Cost {
            var best = whole(cost)
            for degree in 2...8 {
                let (shorter, longer) = (
                    min(cost.computingSeconds, cost.exchangeSeconds), max(cost.computingSeconds, cost.exchangeSeconds)
                )
                let time = longer + shorter / Double(degree) + Double(2 * (degree - 1)) * link.latency
                if time < best.seconds { (best.seconds, best.degree) = (time, Double(degree)) }
            }
            return best
        }
    }
}
