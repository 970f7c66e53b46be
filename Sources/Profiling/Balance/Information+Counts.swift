#if canImport(Glibc)
    import Glibc
#endif

extension Information {
    /// - Parameters:
    ///   - labelEntropy: in nats.
    ///   - shuffled: the same measure with the labels shuffled; none where there is nothing to shuffle.
    init(_ measured: Double, labelEntropy: Double, shuffled: [Double]) {
        mutualInformation = max(measured, 0)
        normalized = labelEntropy > 0 ? min(mutualInformation / labelEntropy, 1) : 0
        shuffledMean = shuffled.isEmpty ? 0 : max(shuffled.reduce(0, +) / Double(shuffled.count), 0)
        shuffledHigh = shuffled.isEmpty ? 0 : max(shuffled.sorted().percentile(99), 0)
        // A labeling as telling as the true one counts, whatever the order in which its numbers were added up.
        let reached = shuffled.count { $0 >= measured - 1e-9 }
        pValue = Double(1 + reached) / Double(1 + shuffled.count)
    }

    /// Whether hardly a shuffled labeling reaches it.
    package var isSignificant: Bool { pValue <= 0.01 }
}

/// How often rows and columns come together.
struct JointCounts {
    private let counts: [Int]
    private let rows: [Int]
    private let columns: [Int]
    private let total: Int

    /// - Parameter counts: `[rows][columns]`.
    init(_ counts: [Int], rows count: Int) {
        let width = counts.count / count
        self.counts = counts
        rows = (0..<count).map { counts[$0 * width..<($0 + 1) * width].reduce(0, +) }
        columns = (0..<width).map { column in (0..<count).reduce(0) { $0 + counts[$1 * width + column] } }
        total = rows.reduce(0, +)
    }

    /// ln p(row, column) / (p(row) p(column)), of a pair that came: mutual information is its mean.
    func pointwiseInformation(_ row: Int, _ column: Int) -> Double {
        let count = Double(counts[row * columns.count + column])
        return log(count * Double(total) / (Double(rows[row]) * Double(columns[column])))
    }
}

/// n ln n for counts, of which entropies and mutual information are sums:
/// I = (Σ n(e, v) ln n(e, v) − Σ n(e) ln n(e) − Σ n(v) ln n(v) + n ln n) / n.
struct CountLogarithms {
    private let table: [Double]

    init() {
        table = (0..<1 << 13).map { $0 > 0 ? Double($0) * log(Double($0)) : 0 }
    }

    func callAsFunction(_ count: Int) -> Double {
        count < table.count ? table[count] : Double(count) * log(Double(count))
    }

    func sum(_ counts: some Sequence<Int>) -> Double { counts.reduce(0) { $0 + self($1) } }
}
