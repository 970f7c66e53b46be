/// A part of the training loss beside the cross-entropy.
package struct LossTerm: Sendable, Equatable {
    package var name: String
    /// As the paper's formula gives it, of one layer and micro-batch.
    package var value: Double
    /// What it is multiplied by in the loss.
    package var coefficient: Double

    package init(_ name: String, _ value: Double, coefficient: Double) {
        self.name = name
        self.value = value
        self.coefficient = coefficient
    }
}
