/// Takes note of where tokens go. Passed into a forward pass by whoever wants to know.
public protocol RoutingRecorder: AnyObject {
    /// What is recorded from here on belongs to another text.
    func beginText(_ text: RoutingTraceText) throws
    /// One token's choice in one layer, in the order of the pass.
    func record(_ entry: RoutingTraceEntry) throws
}

extension RoutingRecorder {
    public func beginText(_ text: RoutingTraceText) throws {}
}
