import Profiling
import Testing

@Suite struct RoutingTableTests {
    @Test func `a table gives back what was put in`() {
        let table = RoutingTable.sample(experts: 4, topK: 2, routes: [[[3, 0], [1, 2]], [[0, 1], [0, 3]]])
        #expect(table.routes[0].experts(of: 1) == [1, 2])
        #expect(table.load(ofLayer: 0) == [1, 1, 1, 1])
        #expect(table.load(ofLayer: 1) == [2, 1, 0, 1])
        #expect(table.tokenCount == 2)
        #expect(table.visitCount == 8)
    }

    @Test func `tokens that the trace says nothing of visit nothing`() {
        var builder = RoutingTableBuilder(model: "m", experts: 3, topK: 1)
        builder.beginPass(.prompt, position: 0, ids: [7, 8, 9])
        let layer = builder.layer(named: "0")
        let isTaken = builder.append(1, layer: layer, experts: [2], weights: [0.5])
        #expect(isTaken)
        let table = builder.finish()
        #expect((0..<3).map { Array(table.routes[0].experts(of: $0)) } == [[], [2], []])
        #expect(table.routes[0].weights == [0.5])
    }

    @Test func `what cannot be is not taken`() {
        var builder = RoutingTableBuilder(model: "m", experts: 3, topK: 2)
        let layer = builder.layer(named: "0")
        let early = builder.append(0, layer: layer, experts: [0])
        #expect(!early, "there is no pass")
        builder.beginPass(.prompt, position: 0, ids: [7, 8])
        let first = [
            builder.append(1, layer: layer, experts: [0]),
            builder.append(0, layer: layer, experts: [1]),  // a token before the last
            builder.append(2, layer: layer, experts: [1]),  // a token of no pass
        ]
        #expect(first == [true, false, false])
        builder.beginPass(.decode, position: 2, ids: [9])
        let second = [
            builder.append(1, layer: layer, experts: [1]),  // a token of the pass before
            builder.append(2, layer: layer, experts: [3]),  // an expert that is not there
            builder.append(2, layer: layer, experts: [1, 1]),
            builder.append(2, layer: layer, experts: [1], weights: [1, 2]),
            builder.append(2, layer: layer, experts: [1, 2]),
        ]
        #expect(second == [false, false, false, false, true])
        #expect(builder.finish().routes[0].experts == [0, 1, 2])
    }

    @Test func `layers come in the order of their numbers`() {
        var builder = RoutingTableBuilder(model: "m", experts: 2, topK: 1)
        builder.beginPass(.prompt, position: 0, ids: [-1])
        for (name, expert) in [("10", 1), ("mtp 0", 0), ("9", 0)] {
            let layer = builder.layer(named: name)
            let isTaken = builder.append(0, layer: layer, experts: [expert])
            #expect(isTaken)
        }
        let table = builder.finish()
        #expect(table.layers.map(\.name) == ["9", "10", "mtp 0"])
        #expect(table.routes.map { $0.experts } == [[0], [1], [0]])
    }

    @Test func `loads are told apart by phase, and tokens by domain`() {
        var builder = RoutingTableBuilder(model: "m", experts: 2, topK: 1)
        let layer = builder.layer(named: "0")
        builder.beginText(.init(domain: "verse"))
        builder.beginPass(.prompt, position: 0, ids: [1, 2])
        var taken = [
            builder.append(0, layer: layer, experts: [0]), builder.append(1, layer: layer, experts: [0]),
        ]
        builder.beginPass(.decode, position: 2, ids: [3])
        taken.append(builder.append(2, layer: layer, experts: [1]))
        builder.beginText(.init(domain: "prose"))
        builder.beginPass(.prompt, position: 0, ids: [4])
        taken.append(builder.append(3, layer: layer, experts: [1]))
        #expect(!taken.contains(false))
        let table = builder.finish()
        #expect(table.load(ofLayer: 0) == [2, 2])
        #expect(table.load(ofLayer: 0, phase: .prompt) == [2, 1])
        #expect(table.load(ofLayer: 0, phase: .decode) == [0, 1])
        #expect(table.domains == ["verse", "prose"])
        #expect(table.domainOfToken == [0, 0, 0, 1])
    }

    @Test func `a random table is as even as it was asked to be`() {
        let even = RoutingTable.random(experts: 4, topK: 2, layers: 1, texts: 4, tokensPerText: 500)
        #expect(even.load(ofLayer: 0).allSatisfy { (900...1100).contains($0) })
        let skewed = RoutingTable.random(experts: 4, topK: 1, layers: 1, texts: 1, tokensPerText: 1000, skew: 0.1)
        #expect(skewed.load(ofLayer: 0)[0] > 850)
    }
}
