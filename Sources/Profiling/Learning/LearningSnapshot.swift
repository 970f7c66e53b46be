/// How a training run routed tokens at one of its steps: always the same tokens.
package struct LearningSnapshot: Sendable {
    package var step: Int
    /// Nats per token.
    package var loss: Double
    /// As the model routes where it generates.
    package var generation: RoutingTable
    /// As it routes where it learns; nil where both are the same by construction.
    package var training: RoutingTable?

    package init(step: Int, loss: Double, generation: RoutingTable, training: RoutingTable? = nil) {
        self.step = step
        self.loss = loss
        self.generation = generation
        self.training = training
    }
}
