/// CV² = (deviation / mean)² of a number per expert: 0 when they are all equal (Shazeer et al., 2017, arXiv 1701.06538).
struct SquaredVariation {
    let value: Double
    /// ∂CV²/∂ each number.
    let gradient: [Float]

    init(_ numbers: [Double]) {
        let count = Double(numbers.count)
        let mean = numbers.reduce(0, +) / count
        let variance = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
        // Of no tokens at all the load is even.
        guard mean > 0 else {
            value = 0
            gradient = numbers.map { _ in 0 }
            return
        }
        let variation = variance / (mean * mean)
        value = variation
        gradient = numbers.map { Float(2 / (count * mean) * (($0 - mean) / mean - variation)) }
    }
}
