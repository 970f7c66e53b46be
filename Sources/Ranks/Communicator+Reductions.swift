extension Communicator {
    /// Leaves in a rank's own segment the sum, or the greatest, of what all ranks have there; the rest stays as it was.
    package func reduceScatter<Number: Reducible>(
        _ values: inout MutableSpan<Number>, _ segments: Segments, by reduction: Reduction, of occasion: Occasion
    ) throws(RankFailure) {
        let step = Step(operation: .reduceScatter, occasion: occasion)
        try values.withUnsafeMutableBufferPointer { (values) throws(RankFailure) in
            try reduce(values, segments, by: reduction, at: step)
        }
    }

    /// Replaces each number by the sum, or the greatest, of it over all ranks.
    package func allReduce<Number: Reducible>(
        _ values: inout MutableSpan<Number>, by reduction: Reduction, of occasion: Occasion
    ) throws(RankFailure) {
        let step = Step(operation: .allReduce, occasion: occasion)
        try values.withUnsafeMutableBufferPointer { (values) throws(RankFailure) in
            let bytes = UnsafeMutableRawBufferPointer(values)
            guard bytes.count > Self.small / count else {
                return try reduce(values, .each(0..<values.count), by: reduction, at: step)
            }
            try reduce(values, .even(values.count), by: reduction, at: step)
            try gather(bytes, .even(values.count), stride: MemoryLayout<Number>.stride, at: step)
        }
    }

    /// One number of all ranks.
    package func allReduce<Number: Reducible>(_ value: Number, by reduction: Reduction, of occasion: Occasion)
        throws(RankFailure) -> Number
    {
        var values = [value]
        var span = values.mutableSpan
        try allReduce(&span, by: reduction, of: occasion)
        return values[0]
    }

    /// Fetches the other ranks' terms of the rank's own segment, and adds them in the order of the ranks.
    private func reduce<Number: Reducible>(
        _ values: UnsafeMutableBufferPointer<Number>, _ segments: Segments, by reduction: Reduction, at step: Step
    ) throws(RankFailure) {
        guard count > 1 else { return }
        let own = segments.range(rank, of: count)
        let stride = MemoryLayout<Number>.stride
        reserveScratch(count * own.count * stride)
        let fetched = UnsafeMutableRawBufferPointer(rebasing: scratch[..<(count * own.count * stride)])
        try exchange(
            Messages(
                step: step, outgoing: UnsafeRawBufferPointer(values), sent: segments, incoming: fetched,
                received: .even(count * own.count), stride: stride))
        let terms = fetched.bindMemory(to: Number.self)
        guard let sum = terms.baseAddress, !own.isEmpty else { return }
        for other in 1..<count {
            Number.combine(sum + other * own.count, into: sum, count: own.count, by: reduction)
        }
        UnsafeMutableBufferPointer(rebasing: values[own]).baseAddress!.update(from: sum, count: own.count)
    }
}

/// How the numbers of several ranks become one.
package enum Reduction: Sendable {
    case sum, max
}

/// A number that ranks can add up.
package protocol Reducible: BitwiseCopyable, Comparable {
    /// Adds terms to a sum, or leaves the greater of both.
    static func combine(
        _ terms: UnsafePointer<Self>, into sum: UnsafeMutablePointer<Self>, count: Int, by reduction: Reduction)
}

extension Float: Reducible {
    package static func combine(
        _ terms: UnsafePointer<Float>, into sum: UnsafeMutablePointer<Float>, count: Int, by reduction: Reduction
    ) {
        switch reduction {
        case .sum: for index in 0..<count { sum[index] += terms[index] }
        case .max: for index in 0..<count { sum[index] = terms[index] > sum[index] ? terms[index] : sum[index] }
        }
    }
}

extension Int64: Reducible {
    package static func combine(
        _ terms: UnsafePointer<Int64>, into sum: UnsafeMutablePointer<Int64>, count: Int, by reduction: Reduction
    ) {
        switch reduction {
        case .sum: for index in 0..<count { sum[index] &+= terms[index] }
        case .max: for index in 0..<count { sum[index] = terms[index] > sum[index] ? terms[index] : sum[index] }
        }
    }
}
