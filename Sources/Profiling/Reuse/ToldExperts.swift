/// The experts of a layer that are told apart, and who visits them.
struct ToldExperts {
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
