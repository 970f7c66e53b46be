#if canImport(Glibc)
    import Glibc
#endif

extension GateReport {
    /// Of the readings of the gate, where the trace has them, else of the weights of tokens that visit two experts or more
    /// (a single weight made to sum to 1 says nothing). Nil where there are neither.
    init?(_ routes: RoutingTable.Routes, experts: Int) {
        let hasReadings = routes.gates.contains { $0.confidence.isFinite }
        guard hasReadings || !routes.weights.isEmpty else { return nil }
        var (confidence, margin, entropy) = (TokenMean(), TokenMean(), TokenMean())
        var histogram = [Int](repeating: 0, count: 10)
        let readings = (0..<routes.starts.count - 1).map { token in
            let reading = hasReadings ? routes.gate(of: token, among: experts) : routes.gateOfChosen(of: token)
            confidence.add(reading.confidence)
            margin.add(reading.margin)
            entropy.add(reading.entropy)
            if reading.confidence.isFinite { histogram[min(Int(reading.confidence * 10), 9)] += 1 }
            return reading
        }
        guard confidence.count > 0 else { return nil }
        basis = hasReadings ? .allExperts : .chosenExperts
        self.confidence = confidence.value
        self.margin = margin.value
        self.entropy = entropy.value
        confidenceHistogram = histogram
        let intervals = Intervals(
            confidence: BlockResampling.interval(ofMean: readings.map(\.confidence)),
            margin: BlockResampling.interval(ofMean: readings.map(\.margin)),
            entropy: BlockResampling.interval(ofMean: readings.map(\.entropy)))
        self.intervals = intervals == Intervals() ? nil : intervals
    }
}

/// Over the tokens of which a number is known.
private struct TokenMean {
    private var sum = 0.0
    private(set) var count = 0

    var value: Double { sum / Double(max(count, 1)) }

    mutating func add(_ number: Float) {
        guard number.isFinite else { return }
        sum += Double(number)
        count += 1
    }
}

extension RoutingTable.Routes {
    /// With the entropy over its greatest; unknown where the trace says what cannot be.
    fileprivate func gate(of token: Int, among experts: Int) -> GateReading {
        let gate = gates[token]
        guard (0...1).contains(gate.confidence) else { return .unknown }
        let entropy = gate.entropy / Float(log(Double(max(experts, 2))))
        return GateReading(
            confidence: gate.confidence, margin: min(max(gate.margin, 0), gate.confidence),
            entropy: min(max(entropy, 0), 1))
    }

    fileprivate func gateOfChosen(of token: Int) -> GateReading {
        var (sum, first, second, logarithms): (Float, Float, Float, Float) = (0, 0, 0, 0)
        let weights = weights[visits(of: token)]
        for weight in weights {
            guard weight >= 0, weight.isFinite else { return .unknown }
            sum += weight
            second = max(second, min(weight, first))
            first = max(first, weight)
            if weight > 0 { logarithms += weight * log(weight) }
        }
        guard weights.count > 1, sum > 0, sum.isFinite else { return .unknown }
        // −Σ w/s ln w/s = ln s − (Σ w ln w) / s
        let entropy = (log(sum) - logarithms / sum) / log(Float(weights.count))
        return GateReading(confidence: first / sum, margin: (first - second) / sum, entropy: min(max(entropy, 0), 1))
    }
}
