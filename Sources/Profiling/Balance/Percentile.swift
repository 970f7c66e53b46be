extension [Double] {
    /// A percentile of sorted numbers, on the line between the two next to it, as NumPy has it.
    ///
    /// - Parameter percent: 0 to 100.
    func percentile(_ percent: Double) -> Double {
        precondition(!isEmpty && (0...100).contains(percent), "percentile \(percent) of \(count) numbers")
        let rank = Double(count - 1) * percent / 100
        let below = Swift.min(Int(rank), count - 1)
        let above = Swift.min(below + 1, count - 1)
        return self[below] + (self[above] - self[below]) * (rank - Double(below))
    }
}
