/// A form that routing traces are written in.
package enum TraceFormat: String, CaseIterable, Codable, Sendable {
    /// Ours, a ``RoutingTraceHeader`` and what follows it.
    case offstage
    /// JSON lines of Megatron-LM's `router_trace`: one for each step and layer.
    case megatron
    /// CSV of llama.cpp's example `moe-trace`: a row for each visit.
    case llamaCpp = "llama-cpp"
    /// CSV that begins with `# route_trace v1`: a row for each visit, with its weight.
    case routeTrace = "route-trace"

    /// Layers that a trace may have.
    static let mostLayers = 4096
}
