/// Takes note of where tokens go. Passed into a forward pass by whoever wants to know.
public protocol RoutingRecorder: AnyObject {
    /// One token's choice in one layer, in the order of the pass.
    func record(_ entry: RoutingTraceEntry) throws
}
