import Profiling

/// Shows where tokens go as they go, and hands what it is told on to a trace.
final class LiveRecorder: RoutingRecorder {
    private let view: LiveView
    private let trace: (any RoutingRecorder)?
    private let topK: Int
    private var loads: [[Int]]
    private var tokens = 0
    /// Tokens in ``loads``, older ones counting half, a quarter and so on.
    private var recent = 0

    /// Tokens after which what was counted before counts half.
    private static let memory = 256

    init(layers: Int, experts: Int, topK: Int, trace: (any RoutingRecorder)?) {
        view = LiveView(layers: layers)
        self.trace = trace
        self.topK = topK
        loads = Array(repeating: Array(repeating: 0, count: experts), count: layers)
    }

    func record(_ entry: RoutingTraceEntry) throws {
        try trace?.record(entry)
        if entry.layer == 0 { count() }
        for expert in entry.experts { loads[entry.layer][expert] += 1 }
        if entry.layer == loads.count - 1, view.isDue { show() }
    }

    /// Shows the last reading and gives the terminal back.
    func end() {
        show()
        view.end()
    }

    private func count() {
        tokens += 1
        recent += 1
        guard recent >= 2 * Self.memory else { return }
        recent /= 2
        loads = loads.map { $0.map { $0 / 2 } }
    }

    private func show() {
        view.show(
            LiveView.Reading(tokens: tokens, loads: loads, topK: topK),
            title: "\(tokens.grouped) tokens · load of the last \(min(tokens, recent).grouped)")
    }
}
