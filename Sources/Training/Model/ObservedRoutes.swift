package import Mixture
package import Profiling

/// Where one layer sends the tokens of a batch, told to somebody who looks on.
package struct ObservedRoutes {
    package let layer: Int
    package let assignment: Assignment
    /// One for each token; empty where there is no gate to go by.
    package let gates: [GateReading]
    /// Choices that a capacity turned away: of first choices, of second choices, and so on.
    package let dropped: [Int]

    package typealias Observer = (ObservedRoutes) -> Void
}
