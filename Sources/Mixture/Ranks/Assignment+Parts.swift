extension Assignment {
    /// The visits to some of the experts, which are counted from the first of them.
    package func visits(to part: Range<Int>) -> Assignment {
        let own = visits[offsets[part.lowerBound]..<offsets[part.upperBound]].map { visit in
            var visit = visit
            visit.expert -= part.lowerBound
            return visit
        }
        return Assignment(own, tokens: tokens, experts: part.count)
    }

    /// The visits of some of the tokens, which are counted from the first of them.
    package func visits(of part: Range<Int>) -> Assignment {
        var own: [Visit] = []
        for var visit in visits where part.contains(visit.token) {
            visit.token -= part.lowerBound
            own.append(visit)
        }
        return Assignment(own, tokens: part.count, experts: experts)
    }

    /// The tokens of some visits, each once, ascending.
    package func tokens(of visits: Range<Int>) -> [Int] {
        var isThere = [Bool](repeating: false, count: tokens)
        for visit in self.visits[visits] { isThere[visit.token] = true }
        return isThere.indices.filter { isThere[$0] }
    }

    /// The places of the visits to some of the experts.
    package func places(of part: Range<Int>) -> Range<Int> { offsets[part.lowerBound]..<offsets[part.upperBound] }

    /// The same visits where only some tokens are there.
    ///
    /// - Parameter kept: every token that has a visit, ascending; token `kept[i]` becomes token i.
    package func renumbered(_ kept: [Int]) -> Assignment {
        var numbers = [Int](repeating: 0, count: tokens)
        for (number, token) in kept.enumerated() { numbers[token] = number }
        let renumbered = visits.map { visit in
            var visit = visit
            visit.token = numbers[visit.token]
            return visit
        }
        return Assignment(renumbered, tokens: kept.count, experts: experts)
    }
}
