import CKernels

/// A reproducible stream of random numbers.
package struct RandomNumbers: RandomNumberGenerator, Sendable {
    private var state = ck_random()

    /// Streams of one seed are independent of each other, so each tensor can have its own.
    package init(seed: UInt64, stream: UInt64 = 0) {
        ck_random_seed(&state, seed, stream)
    }

    package mutating func next() -> UInt64 { ck_random_next(&state) }

    /// Fills `numbers` with normal numbers of mean 0.
    package mutating func fillNormal(_ numbers: inout MutableSpan<Float>, deviation: Float) {
        numbers.withUnsafeMutableBufferPointer { numbers in
            guard let start = numbers.baseAddress else { return }
            ck_random_normal(&state, start, numbers.count, deviation)
        }
    }
}
