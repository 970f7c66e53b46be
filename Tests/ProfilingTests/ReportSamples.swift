import Foundation
import Profiling

/// Reports made up for pages and texts, whose measures of balance are those of their loads.
struct ReportSample {
    var model = "sample-moe"
    var layers = 6
    var experts = 8
    var topK = 2
    var skew = 0.35
    var seed: UInt64 = 7
    /// Everything that a report can have; else loads alone.
    var isRich = true
    /// An interval for every measure of a rich one that can have one.
    var hasIntervals = true
    var domains = ["prose", "code", "arithmetic", "French"]
    var layerNames: [String]?
    var collapsedLayer: Int?
    /// Visits of the experts of each layer, instead of random ones.
    var loads: [[Int]]?
    /// No file names, no remarks, no findings.
    var isBare = false

    /// As what a reader of JSON would make of it.
    var report: RoutingReport {
        var random = SeededRandom(seed: seed)
        let names = layerNames ?? (0..<layers).map { "\($0)" }
        var report: [String: Any] = ["source": source, "findings": isBare ? [] : findings]
        report["layers"] = names.indices.map { layer($0, names[$0], &random) }
        if layers > 1 { report["acrossLayers"] = across(report["layers"] as? [[String: Any]] ?? []) }
        report["transitions"] = isRich ? (0..<max(layers - 1, 0)).map { transition($0, names, &random) } : []
        if isRich {
            report["domains"] = domainReport(names, &random)
            report["vocabulary"] = vocabulary(names, &random)
            report["cache"] = cache
            report["drift"] = drift(&random)
            report["learning"] = learning(names, &random)
        }
        do {
            let data = try JSONSerialization.data(withJSONObject: report)
            let measured = try JSONDecoder().decode(RoutingReport.self, from: data)
            return isRich && hasIntervals ? measured.withIntervals : measured
        } catch {
            fatalError("a sample that is no report: \(error)")
        }
    }

    private var source: [String: Any] {
        [
            "model": model, "kind": "text",
            "files": isBare ? [] : ["prose.txt", "code.txt", "sums.jsonl", "french.txt"],
            "texts": 40, "tokens": 12_345, "promptTokens": 9000, "decodeTokens": 3345,
            "visits": 12_345 * topK * layers, "layers": layers, "experts": experts, "topK": topK,
            "remarks": isBare ? [] : ["The weights are those of the chosen experts."],
        ]
    }

    private var findings: [[String: Any]] {
        let all = [
            (
                "alarm", "imbalance", "Layer 3 sends a third of its tokens to one expert",
                "Its busiest expert does 3.1 times its fair share (95 %: 2.9 to 3.3); chance would give 1.05. A balance loss or bias would help."
            ),
            (
                "notice", "hot_set", "A quarter of the experts would serve 62 % of the requests",
                "Half of the visits go to 18 % of the experts; the busiest tenth stays busy in the second half."
            ),
            (
                "notice", "specialization", "Experts specialize in kinds of text from layer 2 on",
                "In layer 4 an expert gives away 21 % of the domain; shuffled labels give 0.3 %."
            ),
            (
                "fine", "drift", "Loads do not drift",
                "No stretch differs from the rest more than shuffled tokens would."
            ),
            ("fine", "gate", "The gates are decided", "The first expert gets 71 % of the weight on average."),
        ]
        return all.map { ["severity": $0.0, "kind": $0.1, "headline": $0.2, "detail": $0.3] }
    }

    private func loads(_ place: Int, _ random: inout SeededRandom, visits: Int) -> [Int] {
        if let loads { return loads[place] }
        if place == collapsedLayer { return (0..<experts).map { $0 < topK ? visits / topK : 0 } }
        let strength = skew * (place == 3 ? 3 : 0.5 + Double(place % 4) * 0.3)
        var weights = (0..<experts).map { _ in
            exp(strength * (Double.random(in: -1...1, using: &random) + Double.random(in: -1...1, using: &random)))
        }
        if experts > 4, place % 5 == 3 { weights[experts - 2] = 0 }
        let total = weights.reduce(0, +)
        return weights.map { Int($0 / total * Double(visits)) }
    }

    private func layer(_ place: Int, _ name: String, _ random: inout SeededRandom) -> [String: Any] {
        let load = loads(place, &random, visits: 12_345 * topK)
        let balance = LoadBalance(loads: load, topK: topK)
        let entropy = balance.normalizedEntropy
        var layer: [String: Any] = [
            "layer": name, "load": load, "promptLoad": load.map { $0 * 3 / 4 },
            "decodeLoad": load.enumerated().map { $1 / ($0 % 3 == 0 ? 3 : 5) },
            "visits": load.reduce(0, +), "maxOverMean": balance.maxOverMean,
            "maxOverMeanCeiling": balance.maxOverMeanCeiling, "minOverMean": balance.minOverMean,
            "maxViolation": balance.maxViolation, "cv": balance.coefficientOfVariation, "gini": balance.gini,
            "entropy": entropy, "effectiveExperts": exp(entropy * log(Double(experts))),
            "deadExperts": balance.idleExperts, "isCollapsed": place == collapsedLayer,
            "intervals": [String: Any](),
            "chance": ["maxOverMean": 1.06, "cv": 0.03, "gini": 0.02, "entropy": 0.999, "deadExperts": 0],
            "dropRates": isRich && place % 2 == 1 ? [0.01, 0.06] : [],
        ]
        if isRich {
            layer["gate"] = gate(place)
            if topK > 1 { layer["coActivation"] = coActivation(load, &random) }
        }
        return layer
    }

    private func gate(_ place: Int) -> [String: Any] {
        let confidence = 0.55 + 0.3 * Double(place % 6) / 6
        let histogram = (0..<10).map { tenth in Int(4000 * exp(-pow((Double(tenth) + 0.5) / 10 - confidence, 2) / 0.03))
        }
        return [
            "basis": "all_experts", "confidence": confidence, "margin": confidence - 0.3, "entropy": 1.1 - confidence,
            "confidenceHistogram": histogram,
        ]
    }

    private func coActivation(_ load: [Int], _ random: inout SeededRandom) -> [String: Any] {
        let total = Double(max(load.reduce(0, +), 1))
        var counts = [[Int]](repeating: [Int](repeating: 0, count: experts), count: experts)
        for first in 0..<experts {
            counts[first][first] = load[first]
            for second in 0..<first {
                let expected = Double(load[first]) * Double(load[second]) / total
                let lift = (first + second) % 5 == 0 ? 2.2 : Double.random(in: 0.3...1.3, using: &random)
                counts[first][second] = Int(expected * lift)
                counts[second][first] = counts[first][second]
            }
        }
        let top = (0..<4).map {
            ["first": $0, "second": $0 + 1, "count": 812 - 100 * $0, "probability": 0.41, "lift": 2.9]
        }
        var pairs: [String: Any] = ["strongest": Double.random(in: 0.2...0.5, using: &random), "top": top]
        if experts <= CoActivationReport.greatestMatrix { pairs["counts"] = counts }
        let adjacent: [String: Any] = ["strongest": 0.17, "top": top]
        return ["chance": Double(topK - 1) / Double(max(experts - 1, 1)), "allPairs": pairs, "adjacentRanks": adjacent]
    }

    private func across(_ layers: [[String: Any]]) -> [String: Any] {
        var measures: [String: Any] = [:]
        for name in ["maxOverMean", "cv", "gini", "entropy", "effectiveExperts", "deadExperts"] {
            let values = layers.compactMap { ($0[name] as? Double) ?? ($0[name] as? Int).map(Double.init) }.sorted()
            func at(_ share: Double) -> Double { values[Int(share * Double(values.count - 1))] }
            measures[name] = [
                "p50": at(0.5), "p75": at(0.75), "p90": at(0.9), "p95": at(0.95), "min": at(0), "max": at(1),
            ]
        }
        return measures
    }
}

// MARK: What a rich report has besides

extension ReportSample {
    static let rich = ReportSample()
    /// As large as the largest models that run on one machine.
    static let big = ReportSample(layers: 48, experts: 128, topK: 8)
    static let poor = ReportSample(layers: 1, experts: 1, topK: 1, isRich: false, isBare: true)
    static let hostile = ReportSample(
        model: "<script>alert('x')</script>\"&\u{1B}[2J\u{202E}" + String(repeating: "long", count: 40),
        domains: ["<i>&\"", String(repeating: "é", count: 60), "🦊🦊🦊🦊🦊🦊🦊", "'; drop\n"],
        layerNames: (0..<6).map { "model.layers.\($0).<b>mlp</b>.🦊" + String(repeating: "x", count: 40) })
    /// Another shape, and one layer that is no mixture any more.
    static let collapsed = ReportSample(
        model: "sample-moe-b", layers: 5, experts: 16, skew: 0.9, seed: 9, collapsedLayer: 2)
    static let empty = ReportSample(layers: 0, isRich: false, isBare: true)

    private func information(_ nats: Double) -> [String: Any] {
        [
            "mutualInformation": nats, "normalized": nats / 1.386, "shuffledMean": 0.004, "shuffledHigh": 0.007,
            "pValue": nats > 0.007 ? 0.005 : 0.4,
        ]
    }

    private func domainReport(_ names: [String], _ random: inout SeededRandom) -> [String: Any] {
        let layers = names.enumerated().map { place, name -> [String: Any] in
            let load = domains.indices.map { domain in
                (0..<experts).map { expert in
                    Int(
                        Double.random(in: 60...140, using: &random)
                            * (expert % max(domains.count, 1) == domain ? 1 + 0.6 * Double(place) : 1))
                }
            }
            return ["layer": name, "load": load, "information": information(0.003 + 0.05 * Double(place % 8))]
        }
        return ["names": domains, "tokens": domains.map { _ in 3000 }, "layers": layers]
    }

    private func vocabulary(_ names: [String], _ random: inout SeededRandom) -> [String: Any] {
        let layers = names.enumerated().map { place, name -> [String: Any] in
            var layer: [String: Any] = [
                "layer": name, "input": information(1.1 / Double(place + 2)),
                "next": information(0.1 + 0.05 * Double(place % 8)),
                "inputShare": 0.6 - 0.05 * Double(place % 8), "nextShare": 0.3 + 0.02 * Double(place % 8),
            ]
            if experts <= 64 { layer["favorites"] = (0..<experts).map { [$0, $0 + 10, $0 + 20] } }
            return layer
        }
        return ["distinctTokens": 1812, "layers": layers]
    }

    private func transition(_ place: Int, _ names: [String], _ random: inout SeededRandom) -> [String: Any] {
        var transition: [String: Any] = [
            "from": names[place], "to": names[place + 1], "mutualInformation": 0.31,
            "recall": 0.42 + 0.05 * Double(place % 4), "popularityRecall": 0.31 + 0.02 * Double(place % 3),
            "chanceRecall": Double(topK) / Double(experts),
            "top": [["first": 1, "second": 2, "count": 900, "probability": 0.44]],
        ]
        if experts <= 64 {
            transition["counts"] = (0..<experts).map { from in
                (0..<experts).map { to in
                    from == 2 && to == 5
                        ? 0
                        : Int(Double.random(in: 40...160, using: &random) * ((from * 3 + 1) % experts == to ? 4 : 1))
                }
            }
        }
        return transition
    }

    private var cache: [String: Any] {
        let all = layers * experts
        let shares = [0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25, 0.35, 0.5, 0.75, 1]
        let cycle = layers * topK
        let points = shares.map { share -> [String: Any] in
            let capacity = max(1, Int(share * Double(all)))
            let lru = capacity < cycle / 2 ? 0 : 1 - pow(1 - share, 2.6)
            return [
                "capacity": capacity, "share": share, "bytes": share * Double(all) * 2.6e6, "lru": min(lru, 0.985),
                "belady": min(1 - pow(1 - share, 4.5), 0.985), "pinned": min(1 - pow(1 - share, 1.7), 0.985),
            ]
        }
        return [
            "requests": 120_000, "replayed": 120_000, "counts": "decode", "counted": 40_000, "firstRequests": 45,
            "experts": all, "cycle": cycle, "expertBytes": 2.6e6, "points": points,
            "reuseDistances": (0..<8).map { ["from": 1 << $0, "requests": 9000 / (1 + abs($0 - 4))] },
            "workingSet": (0..<8).map { place -> [String: Any] in
                let share = 1 - pow(1 - Double(topK) / Double(experts), pow(2, Double(place)) * 0.7)
                return ["tokens": 1 << place, "experts": share * Double(all), "share": share]
            },
            "hotSet": ["half": 0.18, "eighty": 0.45, "ninety": 0.61, "busiestTenth": 0.31, "busiestTenthLater": 0.27],
        ]
    }

    private func drift(_ random: inout SeededRandom) -> [String: Any] {
        let windows = (0..<12).map { place -> [String: Any] in
            [
                "firstToken": place * 1000, "tokens": 1000, "maxOverMean": 1.6,
                "divergence": Double.random(in: 0.004...0.009, using: &random) + (place > 8 ? 0.012 : 0),
            ]
        }
        return ["windows": windows, "shuffledMean": 0.005, "shuffledHigh": 0.009]
    }

    private func learning(_ names: [String], _ random: inout SeededRandom) -> [String: Any] {
        let steps = (0..<10).map { $0 * 200 }
        let layers = names.enumerated().map { place, name -> [String: Any] in
            let speed = 0.3 + 0.08 * Double(place % 6)
            let saturation = steps.indices.map { 1 - 0.7 * exp(-speed * Double($0)) * (9 - Double($0)) / 9 }
            return [
                "layer": name, "saturation": saturation, "fluctuation": (1..<10).map { 0.6 * exp(-speed * Double($0)) },
                "settled": saturation.map { $0 * 0.97 },
                "maxOverMean": steps.indices.map { 1.2 + 2 * exp(-speed * Double($0)) },
                "agreement": steps.indices.map { 0.8 + 0.015 * Double($0) },
                "dropRates": steps.indices.map { [0.02 / Double($0 + 1), 0.2 / Double($0 + 1)] },
            ]
        }
        return ["steps": steps, "layers": layers, "losses": steps.indices.map { 1.5 + 2.5 * exp(-0.4 * Double($0)) }]
    }
}
