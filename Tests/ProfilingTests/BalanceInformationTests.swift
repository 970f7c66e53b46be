import Foundation
import Profiling
import Testing

@Suite struct BalanceInformationTests {
    /// Texts of one pass each.
    private func table(
        experts: Int, topK: Int = 1, texts: [(domain: String?, ids: [Int32], routes: [[Int]])]
    ) -> RoutingTable {
        var builder = RoutingTableBuilder(model: "m", experts: experts, topK: topK)
        let layer = builder.layer(named: "0")
        for text in texts {
            builder.beginText(.init(domain: text.domain))
            builder.beginPass(.prompt, position: 0, ids: text.ids)
            for (index, route) in text.routes.enumerated() {
                let isTaken = builder.append(builder.tokenCount - text.ids.count + index, layer: layer, experts: route)
                precondition(isTaken)
            }
        }
        return builder.finish()
    }

    @Test func `an expert for each domain gives it away`() throws {
        let sample = table(
            experts: 3,
            texts: [
                ("prose", [1, 2], [[0], [0]]), ("code", [1, 2], [[2], [2]]), (nil, [3], [[1]]),
            ])
        let report = try #require(DomainReport(sample))
        #expect(report.names == ["prose", "code"] && report.tokens == [2, 2])
        #expect(report.layers[0].load == [[2, 0, 0], [0, 0, 2]])
        let information = report.layers[0].information
        #expect(abs(information.mutualInformation - log(2)) < 1e-12 && abs(information.normalized - 1) < 1e-12)
        #expect(information.pValue == 1, "two segments: swapped they tell as much")
    }

    @Test func `information is as by hand`() throws {
        // prose visits 0, 0, 1, code 0, 1, 1.
        let sample = table(
            experts: 2, texts: [("prose", [1, 2, 3], [[0], [0], [1]]), ("code", [1, 2, 3], [[0], [1], [1]])])
        let information = try #require(DomainReport(sample)).layers[0].information
        // 2 × 2/6 ln (2/6 ÷ ¼) + 2 × 1/6 ln (1/6 ÷ ¼)
        let expected = 2.0 / 3 * log(4.0 / 3) + 1.0 / 3 * log(2.0 / 3)
        #expect(abs(information.mutualInformation - expected) < 1e-12)
        #expect(abs(information.normalized - expected / log(2)) < 1e-12)
    }

    @Test func `of many domains those with the most tokens are told apart`() throws {
        // Domain 0 has one token, and so has domain 1; the other sixty-four have two.
        let texts = (0..<66).map { domain in
            let tokens = domain < 2 ? 1 : 2
            return (
                domain: Optional("\(domain)"), ids: [Int32](repeating: 0, count: tokens),
                routes: [[Int]](repeating: [domain % 2], count: tokens)
            )
        }
        let sample = table(experts: 2, texts: texts)
        let report = RoutingReport(sample, kind: "trace")
        let domains = try #require(report.domains)
        #expect(domains.names == (2..<66).map { "\($0)" } && domains.tokens == [Int](repeating: 2, count: 64))
        #expect(domains.layers[0].load[1] == [0, 2] && domains.layers[0].information.mutualInformation > 0)
        #expect(report.source.remarks == ["Of 66 domains the 64 with the most tokens are told apart."])
    }

    @Test func `of very many experts fewer domains are told apart`() throws {
        // Sixteen layers of 65,535 experts, of which only the first has visits.
        var builder = RoutingTableBuilder(model: "m", experts: 65_535, topK: 1)
        let layers = (0..<16).map { builder.layer(named: "\($0)") }
        var token = 0
        for domain in 0..<6 {
            builder.beginText(.init(domain: "\(domain)"))
            builder.beginPass(.prompt, position: 0, ids: [Int32](repeating: 0, count: domain + 1))
            for _ in 0...domain {
                precondition(builder.append(token, layer: layers[0], experts: [domain]))
                token += 1
            }
        }
        let report = try #require(DomainReport(builder.finish()))
        #expect(report.names == ["2", "3", "4", "5"] && report.tokens == [3, 4, 5, 6])
        #expect(report.layers[0].load.map { $0.prefix(6).reduce(0, +) } == [3, 4, 5, 6])
    }

    @Test func `one domain or none is no report`() {
        #expect(DomainReport(table(experts: 2, texts: [("code", [1], [[0]]), ("code", [1], [[1]])])) == nil)
        #expect(DomainReport(table(experts: 2, texts: [(nil, [1], [[0]]), ("code", [1], [[1]])])) == nil)
    }

    @Test func `planted specialization is beyond every shuffle`() throws {
        let sample = RoutingTable.random(
            experts: 8, topK: 2, layers: 2, texts: 12, tokensPerText: 64, skew: 0.7, domains: ["a", "b", "c"], shift: 2)
        for layer in try #require(DomainReport(sample)).layers {
            #expect(layer.information.pValue == 1.0 / 200)
            #expect(layer.information.mutualInformation > 2 * layer.information.shuffledHigh)
            #expect(layer.information.shuffledMean < layer.information.shuffledHigh)
        }
    }

    @Test func `texts that differ for reasons of their own are no domains`() throws {
        // Every text has an expert that it likes best, whatever its domain; so tokens of a domain are alike all the same.
        func pValues(texts: Int) throws -> [Double] {
            try (1...40).map { seed in
                var random = SeededRandom(seed: UInt64(seed))
                let sample = table(
                    experts: 6,
                    texts: (0..<texts).map { text in
                        let favorite = Int.random(in: 0..<6, using: &random)
                        let routes = (0..<128).map { _ in
                            [Bool.random(using: &random) ? favorite : Int.random(in: 0..<6, using: &random)]
                        }
                        return (
                            domain: text % 2 == 0 ? "a" : "b", ids: [Int32](repeating: 0, count: 128), routes: routes
                        )
                    })
                let report = try #require(DomainReport(sample))
                #expect(report.shuffled == (texts > 12 ? .texts : .segments))
                return report.layers[0].information.pValue
            }
        }
        // C(14, 7) = 3432 labelings of texts; of 6 texts only 20, so segments are shuffled, which are alike in a text.
        #expect(try pValues(texts: 14).count { $0 <= 0.05 } <= 6, "two by chance")
        #expect(try pValues(texts: 6).count { $0 <= 0.05 } >= 30, "these texts differ, and that is all one can say")
    }

    @Test func `labels without meaning have any p value`() throws {
        let values = try (1...60).map { seed in
            let sample = RoutingTable.random(
                experts: 6, topK: 2, layers: 1, texts: 6, tokensPerText: 100, skew: 0.8, domains: ["a", "b"],
                seed: UInt64(seed))
            return try #require(DomainReport(sample)).layers[0].information.pValue
        }
        let mean = values.reduce(0, +) / 60
        #expect(mean > 0.4 && mean < 0.6, "uniform: ½ ± 0.29 / √60")
        #expect(values.count { $0 <= 0.1 } <= 13 && values.count { $0 > 0.9 } <= 13)
        #expect((10...50).contains(values.count { $0 <= 0.5 }))
    }

    @Test func `texts that take turns keep their own segments`() throws {
        // Two texts, token by token in turns; a segment of the table's order would mix both domains.
        var builder = RoutingTableBuilder(model: "m", experts: 2, topK: 1)
        let layer = builder.layer(named: "0")
        builder.beginText(.init(domain: "a"))
        for token in 0..<640 {
            if token == 320 { builder.beginText(.init(domain: "b")) }
            builder.beginPass(.decode, position: token % 320, ids: [0])
            let isTaken = builder.append(token, layer: layer, experts: [token < 320 ? 0 : 1])
            #expect(isTaken)
        }
        let information = try #require(DomainReport(builder.finish())).layers[0].information
        #expect(abs(information.normalized - 1) < 1e-12 && information.pValue == 1.0 / 200)
        #expect(information.shuffledMean > 0.01, "20 segments shuffled, not 640 tokens")
    }

    @Test func `a large trace is sampled but its loads are whole`() throws {
        let sample = RoutingTable.random(
            experts: 32, topK: 2, layers: 1, texts: 2, tokensPerText: 70_000, skew: 0.5, domains: ["a", "b"], shift: 1)
        let report = try #require(DomainReport(sample)).layers[0]
        #expect(report.load.joined().reduce(0, +) == 280_000)
        #expect(report.information.pValue == 1.0 / 200)
        let vocabulary = try #require(VocabularyReport(sample))
        #expect(vocabulary.distinctTokens == 50 && vocabulary.layers[0].input.mutualInformation < 0.005)
    }

    @Test func `an id's expert is known by it, and the next id's`() throws {
        // Ids 5 6 5 6 … with an expert each: the next id is as certain.
        let sample = table(
            experts: 3,
            texts: [
                (nil, [5, 6, 5, 6, 5, 6, 5, 6], (0..<8).map { [$0 % 2] }), (nil, [-1, 6], [[2], [1]]),
            ])
        let report = try #require(VocabularyReport(sample))
        #expect(report.distinctTokens == 2)
        let layer = report.layers[0]
        #expect(abs(layer.input.normalized - 1) < 1e-12 && layer.inputShare == 1)
        // Four and five tokens: H = −4/9 ln 4/9 − 5/9 ln 5/9.
        let entropy = -4.0 / 9 * log(4.0 / 9) - 5.0 / 9 * log(5.0 / 9)
        #expect(abs(layer.input.mutualInformation - entropy) < 1e-12)
        // Followed by 6: expert 0 four times, 2 once; by 5: expert 1 three times.
        #expect(abs(layer.next.normalized - 1) < 1e-12 && layer.nextShare == (5 * 0.8 + 3) / 8)
        #expect(layer.favorites == [[5], [6], []])
    }

    @Test func `a text goes on in its next pass`() throws {
        var builder = RoutingTableBuilder(model: "m", experts: 2, topK: 1)
        let layer = builder.layer(named: "0")
        // 1 2 | 1 2 are one text; the last pass, at position 9, follows none.
        for (position, ids) in [(0, [1, 2] as [Int32]), (2, [1]), (3, [2]), (9, [1])] {
            let first = builder.tokenCount
            builder.beginPass(.decode, position: position, ids: ids)
            for (index, id) in ids.enumerated() {
                let isTaken = builder.append(first + index, layer: layer, experts: [Int(id) - 1])
                #expect(isTaken)
            }
        }
        let next = try #require(VocabularyReport(builder.finish())).layers[0].next
        // Three tokens have a successor: 1 → 2, 2 → 1, 1 → 2.
        let entropy = -1.0 / 3 * log(1.0 / 3) - 2.0 / 3 * log(2.0 / 3)
        #expect(abs(next.mutualInformation - entropy) < 1e-12)
    }

    @Test func `ids that nobody knows are no vocabulary`() {
        #expect(VocabularyReport(table(experts: 2, texts: [(nil, [-1, -1], [[0], [1]])])) == nil)
        let lonely = VocabularyReport(table(experts: 2, texts: [(nil, [4], [[0]])]))
        #expect(lonely?.layers[0].next.mutualInformation == 0 && lonely?.layers[0].next.pValue == 1)
    }

    @Test func `ids that decide nothing are as good as shuffled`() throws {
        let sample = RoutingTable.random(experts: 6, topK: 2, layers: 8, texts: 4, tokensPerText: 500, skew: 0.8)
        let layers = try #require(VocabularyReport(sample)).layers
        for layer in layers {
            #expect(layer.input.mutualInformation < 2 * layer.input.shuffledMean)
            #expect(layer.next.mutualInformation < 2 * layer.next.shuffledMean)
        }
        #expect(layers.count { $0.input.pValue < 0.1 } <= 4)
        #expect(layers.contains { $0.input.pValue > 0.2 })
    }
}
