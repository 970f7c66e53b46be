extension TransitionReport {
    /// Experts that are told apart in a layer: of more, the busiest. Visits of the others are in no pair, and nobody
    /// guesses them.
    package static let mostExperts = 512

    /// Tokens whose experts are guessed, evenly spread over the second half.
    package static func mostGuessed(of experts: Int) -> Int { max(2048, min(1 << 20 / experts, 8192)) }

    /// From each layer to the next.
    package static func all(of table: RoutingTable) -> [Self] {
        guard table.layers.count > 1 else { return [] }
        var pairs = ExpertPairs(experts: min(table.experts, mostExperts))
        var before = ToldExperts(table, layer: 0, most: mostExperts)
        return (1..<table.layers.count).map { layer in
            let after = ToldExperts(table, layer: layer, most: mostExperts)
            defer { before = after }
            return Self(from: before, to: after, of: table, &pairs)
        }
    }

    private init(from before: ToldExperts, to after: ToldExperts, of table: RoutingTable, _ pairs: inout ExpertPairs) {
        let middle = table.tokenCount / 2
        pairs.removeAll()
        pairs.add(from: before, to: after, 0..<middle)
        var guesses = Guesses(pairs, experts: table.experts)
        let guessed = Self.mostGuessed(of: table.experts)
        let stride = max(1, (table.tokenCount - middle + guessed - 1) / guessed)
        for token in Swift.stride(from: middle, to: table.tokenCount, by: stride) {
            guesses.add(before: before.visited(by: token), after: after.visited(by: token), by: pairs)
        }
        pairs.add(from: before, to: after, middle..<table.tokenCount)

        from = table.layers[before.layer].name
        to = table.layers[after.layer].name
        recall = guesses.share(guesses.hits)
        popularityRecall = guesses.share(guesses.popularHits)
        chanceRecall = guesses.share(guesses.chanceHits)
        var telling = TellingPairs()
        mutualInformation = pairs.mutualInformation { telling.add(before: $0, after: $1, $2) }
        top = telling.pairs.map { _, first, second in
            let count = Int(pairs.counts[first * pairs.experts + second])
            return Step(
                first: before.experts[first], second: after.experts[second], count: count,
                probability: Double(count) / Double(pairs.before[first]))
        }
        counts = table.experts <= CoActivationReport.greatestMatrix ? pairs.matrix : nil
    }
}

/// The pairs that come more often than by chance and add most to mutual information, the first most.
private struct TellingPairs {
    private(set) var pairs: [(information: Double, before: Int, after: Int)] = []
    private let most = 10

    mutating func add(before: Int, after: Int, _ information: Double) {
        guard information > 0, pairs.count < most || information > pairs[most - 1].information else { return }
        if pairs.count == most { pairs.removeLast() }
        let place = pairs.firstIndex { $0.information < information } ?? pairs.count
        pairs.insert((information, before, after), at: place)
    }
}

/// The experts of a layer that are told apart, and who visits them.
private struct ToldExperts {
    let layer: Int
    let experts: [Int]
    /// For each expert its place in `experts`; −1 for one that is not.
    private let places: [Int]
    private let routes: RoutingTable.Routes

    init(_ table: RoutingTable, layer: Int, most: Int) {
        self.layer = layer
        routes = table.routes[layer]
        if table.experts > most {
            let load = table.load(ofLayer: layer)
            experts = load.indices.sorted { (-load[$0], $0) < (-load[$1], $1) }[..<most].sorted()
        } else {
            experts = Array(0..<table.experts)
        }
        var places = [Int](repeating: -1, count: table.experts)
        for (place, expert) in experts.enumerated() { places[expert] = place }
        self.places = places
    }

    /// Places of the experts that a token visits, and the visits to those that have none.
    func visited(by token: Int) -> Visited {
        var visited = Visited()
        read(token, &visited)
        return visited
    }

    func read(_ token: Int, _ visited: inout Visited) {
        visited.places.removeAll(keepingCapacity: true)
        visited.others = 0
        for visit in routes.visits(of: token) {
            let place = places[Int(routes.experts[visit])]
            if place >= 0 { visited.places.append(place) } else { visited.others += 1 }
        }
    }

    struct Visited {
        var places: [Int] = []
        var others = 0
        var count: Int { places.count + others }
    }
}

/// How many of the experts that tokens visit next one would have guessed, with as many guesses.
private struct Guesses {
    private(set) var visits = 0
    private(set) var hits = 0.0
    private(set) var popularHits = 0.0
    private(set) var chanceHits = 0.0
    private let experts: Double
    private let popularity: [Double]
    private var scores: [Double]

    init(_ pairs: ExpertPairs, experts: Int) {
        self.experts = Double(experts)
        popularity = pairs.after.map(Double.init)
        scores = popularity
    }

    mutating func add(before: ToldExperts.Visited, after: ToldExperts.Visited, by pairs: ExpertPairs) {
        guard pairs.tokens > 0, before.count > 0, after.count > 0 else { return }
        pairs.score(after: before.places, &scores)
        visits += after.count
        for expert in after.places {
            if rank(of: expert, in: scores) < after.count { hits += 1 }
            if rank(of: expert, in: popularity) < after.count { popularHits += 1 }
        }
        chanceHits += Double(after.count * after.count) / experts
    }

    func share(_ hits: Double) -> Double { visits == 0 ? 0 : hits / Double(visits) }

    /// How many come before it: those of a higher score, and of the same those with a lower number.
    private func rank(of expert: Int, in scores: [Double]) -> Int {
        let score = scores[expert]
        var rank = 0
        for other in 0..<expert { rank += scores[other] >= score ? 1 : 0 }
        for other in expert..<scores.count { rank += scores[other] > score ? 1 : 0 }
        return rank
    }
}

extension ExpertPairs {
    fileprivate mutating func add(from before: ToldExperts, to after: ToldExperts, _ tokens: Range<Int>) {
        var (first, second) = (ToldExperts.Visited(), ToldExperts.Visited())
        for token in tokens {
            before.read(token, &first)
            after.read(token, &second)
            add(before: first.places, after: second.places)
        }
    }

    fileprivate var matrix: [[Int]] {
        (0..<experts).map { row in counts[row * experts..<(row + 1) * experts].map(Int.init) }
    }
}
