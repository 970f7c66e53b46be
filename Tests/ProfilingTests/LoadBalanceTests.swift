import Foundation
import Profiling
import Testing

@Suite struct LoadBalanceTests {
    private func isNear(_ one: Double, _ other: Double) -> Bool { abs(one - other) < 1e-12 }

    @Test func `equal loads are perfect by every measure`() {
        let balance = LoadBalance(loads: [5, 5, 5, 5], topK: 2)
        #expect(balance.maxOverMean == 1 && balance.minOverMean == 1 && balance.maxViolation == 0)
        #expect(balance.maxOverMeanCeiling == 2)
        #expect(isNear(balance.coefficientOfVariation, 0) && isNear(balance.gini, 0))
        #expect(isNear(balance.normalizedEntropy, 1) && balance.idleExperts == 0)
    }

    @Test func `everything at one expert is the worst by every measure`() {
        let balance = LoadBalance(loads: [0, 12, 0, 0], topK: 1)
        #expect(balance.maxOverMean == 4 && balance.maxOverMean == balance.maxOverMeanCeiling)
        #expect(balance.minOverMean == 0 && balance.maxViolation == 3 && balance.idleExperts == 3)
        #expect(isNear(balance.coefficientOfVariation, sqrt(3)))  // (3² + 1 + 1 + 1) / 4
        #expect(isNear(balance.gini, 0.75) && balance.normalizedEntropy == 0)
    }

    @Test func `loads in between are as by hand`() {
        let balance = LoadBalance(loads: [1, 3, 0, 4], topK: 2)  // mean 2
        #expect(balance.maxOverMean == 2 && balance.maxViolation == 1 && balance.idleExperts == 1)
        #expect(isNear(balance.coefficientOfVariation, sqrt(2.5) / 2))  // (1 + 1 + 4 + 4) / 4
        // The six differences 2, 1, 3, 3, 1, 4 make 14: 2 × 14 / 16 pairs, over two means.
        #expect(isNear(balance.gini, 28.0 / 16 / 4))
        let entropy = log(8) / 8 + 3 * log(8.0 / 3) / 8 + log(2) / 2
        #expect(isNear(balance.normalizedEntropy, entropy / log(4)))
    }

    @Test func `without visits all is even and everybody idle`() {
        let balance = LoadBalance(loads: [0, 0], topK: 1)
        #expect(balance.maxOverMean == 1 && balance.idleExperts == 2 && isNear(balance.normalizedEntropy, 1))
        #expect(LoadBalance(loads: [7], topK: 1).normalizedEntropy == 1)
    }

    @Test func `it is written with underscores`() throws {
        let balance = LoadBalance(loads: [1, 2], topK: 1)
        let text = String(decoding: try JSONEncoder().encode(balance), as: UTF8.self)
        #expect(text.contains("\"max_over_mean\"") && text.contains("\"idle_experts\""))
        #expect(try JSONDecoder().decode(LoadBalance.self, from: Data(text.utf8)) == balance)
    }
}

@Suite struct RoutingFluctuationTests {
    @Test func `the last step at which each token changed makes the curve`() {
        var fluctuation = RoutingFluctuation()
        fluctuation.append([0, 1, 2, 3], step: 0)
        fluctuation.append([0, 1, 0, 0], step: 10)
        fluctuation.append([0, 2, 0, 3], step: 20)
        fluctuation.append([0, 2, 0, 3], step: 30)
        #expect(fluctuation.changedShares == [0.5, 0.5, 0])
        #expect(fluctuation.lastChanges == [0, 20, 10, 20])
        #expect(fluctuation.share(changingAfter: 0) == 0.75 && fluctuation.share(changingAfter: 10) == 0.5)
        #expect(fluctuation.share(changingAfter: 20) == 0)
        #expect(fluctuation.settledShares == [0.25, 0.5, 1, 1])
    }

    @Test func `nothing changes where nothing was seen`() {
        var fluctuation = RoutingFluctuation()
        #expect(fluctuation.share(changingAfter: 0) == 0 && fluctuation.settledShares.isEmpty)
        fluctuation.append([1, 1], step: 5)
        #expect(fluctuation.changedShares.isEmpty && fluctuation.settledShares == [1])
    }
}
