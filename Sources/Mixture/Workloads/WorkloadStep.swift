extension Workload {
    /// The tokens of one step and the experts that they visit.
    package struct Step: Sendable, Equatable {
        package let index: Int
        package let experts: Int
        package let topK: Int
        /// They come one source after the other.
        package let tokensBySource: [Int]
        /// ``topK`` different experts for each token, `[tokens, topK]`, the one it prefers first.
        package let chosen: [UInt16]
        /// Their sum is ``tokens`` × ``topK``.
        package let visitsByExpert: [Int]

        init(index: Int, experts: Int, topK: Int, tokensBySource: [Int], chosen: [UInt16]) {
            self.index = index
            self.experts = experts
            self.topK = topK
            self.tokensBySource = tokensBySource
            self.chosen = chosen
            var visits = [Int](repeating: 0, count: experts)
            for expert in chosen { visits[Int(expert)] += 1 }
            visitsByExpert = visits
        }

        package var tokens: Int { chosen.count / topK }

        package func experts(of token: Int) -> ArraySlice<UInt16> { chosen[token * topK..<(token + 1) * topK] }

        /// What a router that chose so would return; weights fall evenly from the first choice to the last and add up to 1.
        package var assignment: Assignment {
            let sum = Float(topK * (topK + 1) / 2)
            let visits = chosen.enumerated().map { place, expert in
                let (token, slot) = place.quotientAndRemainder(dividingBy: topK)
                return Assignment.Visit(
                    token: token, slot: slot, expert: Int(expert), weight: Float(topK - slot) / sum)
            }
            return Assignment(visits, tokens: tokens, experts: experts)
        }

        /// The same as planning sees it.
        ///
        /// - Parameter phase: nil: a single token is written, more are read.
        package func call(layer: Int = 0, phase: LayerCall.Phase? = nil) -> LayerCall {
            LayerCall(
                layer: layer, phase: phase ?? (tokens == 1 ? .decode : .prompt), tokens: tokens, experts: experts,
                visits: visitsByExpert.filter { $0 > 0 })
        }
    }
}
