/// Where a number lies, with 95 % confidence, in all the text of which the tokens are a sample. It holds the number itself.
package struct Interval: Codable, Sendable, Equatable {
    package var low: Double
    package var high: Double

    package init(low: Double, high: Double) {
        self.low = low
        self.high = high
    }

    /// - Throws: `DecodingError` for an interval that ends before it begins.
    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        (low, high) = (try values.decode(Double.self, forKey: .low), try values.decode(Double.self, forKey: .high))
        guard low <= high else {
            throw DecodingError.dataCorruptedError(
                forKey: .high, in: values, debugDescription: "an interval from \(low) to \(high)")
        }
    }

    /// The basic bootstrap: the quantiles of resamples reflected at the value, since a resample is to the sample what the
    /// sample is to what it came from (Davison and Hinkley, 1997, section 5.2).
    init(around value: Double, resampled: [Double], within range: ClosedRange<Double>) {
        self.init(around: value, reflected: resampled.map { 2 * value - $0 }, within: range)
    }

    /// The middle 95 % of values that might be true.
    init(around value: Double, reflected: [Double], within range: ClosedRange<Double>) {
        let sorted = reflected.sorted()
        low = min(max(sorted.percentile(2.5), range.lowerBound), value)
        high = max(min(sorted.percentile(97.5), range.upperBound), value)
    }
}
