/// How a trace is to be read where it does not say so itself.
package struct TraceOptions: Sendable {
    /// Nil: whatever the first lines look like.
    package var format: TraceFormat?
    /// Experts that a token visits.
    package var topK: Int?
    /// Experts of a layer.
    package var experts: Int?
    /// Leave out an end that was cut off, instead of an error.
    package var allowsPartial: Bool

    package init(format: TraceFormat? = nil, topK: Int? = nil, experts: Int? = nil, allowsPartial: Bool = false) {
        self.format = format
        self.topK = topK
        self.experts = experts
        self.allowsPartial = allowsPartial
    }
}
