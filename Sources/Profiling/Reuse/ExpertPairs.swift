import Foundation

/// Which experts of a layer tokens visit after which of the layer before.
struct ExpertPairs {
    /// Experts of each layer that are told apart.
    let experts: Int
    /// `[before][after]`: tokens that visit both.
    private(set) var counts: [Int32]
    /// Tokens that visit an expert, among those that visit any in both layers.
    private(set) var before: [Int32]
    private(set) var after: [Int32]
    private(set) var tokens = 0

    init(experts: Int) {
        self.experts = experts
        counts = [Int32](repeating: 0, count: experts * experts)
        before = [Int32](repeating: 0, count: experts)
        after = before
    }

    mutating func removeAll() { self = Self(experts: experts) }

    mutating func add(before first: [Int], after second: [Int]) {
        guard !first.isEmpty, !second.isEmpty else { return }
        tokens += 1
        for expert in second { after[expert] += 1 }
        for expert in first {
            before[expert] += 1
            let row = expert * experts
            for next in second { counts[row + next] += 1 }
        }
    }

    /// ln n(i, j) n / (n(i) n(j)) over pairs of visits of the same token; 0 where there is no such pair.
    var pointwiseInformation: [Double] {
        let (all, rows, columns) = sums
        var information = [Double](repeating: 0, count: counts.count)
        for row in 0..<experts where rows[row] > 0 {
            for column in 0..<experts where counts[row * experts + column] > 0 {
                let count = Double(counts[row * experts + column])
                information[row * experts + column] = log(count * all / (rows[row] * columns[column]))
            }
        }
        return information
    }

    /// Its mean, in nats; `visit` sees each pair's part of it.
    func mutualInformation(
        _ pointwise: [Double], _ visit: (_ before: Int, _ after: Int, _ information: Double) -> Void
    ) -> Double {
        let all = sums.all
        var sum = 0.0
        for row in 0..<experts {
            for column in 0..<experts where counts[row * experts + column] > 0 {
                let information = Double(counts[row * experts + column]) / all * pointwise[row * experts + column]
                visit(row, column, information)
                sum += information
            }
        }
        return max(0, sum)
    }

    /// Pairs of visits: all, of each expert before, and of each after.
    private var sums: (all: Double, rows: [Double], columns: [Double]) {
        var (rows, columns) = ([Double](repeating: 0, count: experts), [Double](repeating: 0, count: experts))
        for row in 0..<experts {
            for column in 0..<experts {
                let count = Double(counts[row * experts + column])
                rows[row] += count
                columns[column] += count
            }
        }
        return (rows.reduce(0, +), rows, columns)
    }

    /// For every expert j after, the sum over the experts i before of P(j | i) = (n(i, j) + p(j)) / (n(i) + 1), where p
    /// is popularity, the share of all tokens: one more token that goes where all go.
    func score(after first: [Int], _ scores: inout [Double]) {
        var ofPopularity = first.isEmpty ? 1.0 : 0
        for next in 0..<experts { scores[next] = 0 }
        for expert in first {
            let weight = 1 / Double(before[expert] + 1)
            ofPopularity += weight
            let row = expert * experts
            for next in 0..<experts { scores[next] += Double(counts[row + next]) * weight }
        }
        ofPopularity /= Double(max(1, tokens))
        for next in 0..<experts { scores[next] += Double(after[next]) * ofPopularity }
    }
}
