#if canImport(Glibc)
    import Glibc
#endif

extension GateReport {
    /// Of the readings of the gate, where the trace has them, else of the weights of tokens that visit two experts or more
    /// (a single weight made to sum to 1 says nothing). Nil where there are neither.
    init?(_ routes: RoutingTable.Routes, experts: Int, bootstrap: BlockBootstrap?) {
        let hasReadings = routes.gates.contains { $0.confidence.isFinite }
        let readings = hasReadings ? routes.gates(ofAll: experts) : routes.gatesOfChosen()
        let known = readings.filter { $0.confidence.isFinite }
        guard !known.isEmpty else { return nil }
        basis = hasReadings ? .allExperts : .chosenExperts
        confidence = Self.mean(known, of: \.confidence)
        margin = Self.mean(known, of: \.margin)
        entropy = Self.mean(known, of: \.entropy)
        confidenceHistogram = [Int](repeating: 0, count: 10)
        for reading in known { confidenceHistogram[min(max(Int(reading.confidence * 10), 0), 9)] += 1 }
        confidenceInterval = bootstrap?.interval(ofMean: readings.map(\.confidence))
    }

    /// Of those that are known: one that is not says nothing of the others.
    private static func mean(_ readings: [GateReading], of value: (GateReading) -> Float) -> Double {
        var (sum, count) = (0.0, 0)
        for reading in readings where value(reading).isFinite {
            sum += Double(value(reading))
            count += 1
        }
        return sum / Double(max(count, 1))
    }
}

extension RoutingTable.Routes {
    /// With the entropy over its greatest, and without what cannot be.
    fileprivate func gates(ofAll experts: Int) -> [GateReading] {
        let greatest = Float(log(Double(max(experts, 2))))
        return gates.map { gate in
            guard (0...1).contains(gate.confidence) else { return .unknown }
            return GateReading(
                confidence: gate.confidence, margin: gate.margin, entropy: min(max(gate.entropy / greatest, 0), 1))
        }
    }

    fileprivate func gatesOfChosen() -> [GateReading] {
        guard !weights.isEmpty else { return [] }
        return (0..<starts.count - 1).map { gate(of: weights[visits(of: $0)]) }
    }

    private func gate(of weights: ArraySlice<Float>) -> GateReading {
        var (sum, first, second, logarithms): (Float, Float, Float, Float) = (0, 0, 0, 0)
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
