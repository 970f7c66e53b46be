/// Why a layer was computed as it was.
public struct LayerExplanation: Codable, Sendable, Equatable {
    public struct Place: Codable, Sendable, Hashable, Comparable {
        public var layer: Int
        public var phase: PlanningPhase
        public var isShared: Bool

        package init(layer: Int, phase: PlanningPhase, isShared: Bool = false) {
            self.layer = layer
            self.phase = phase
            self.isShared = isShared
        }

        public static func < (a: Place, b: Place) -> Bool {
            (a.layer, a.isShared ? 1 : 0, a.phase == .prompt ? 0 : 1, a.phase.rawValue)
                < (b.layer, b.isShared ? 1 : 0, b.phase == .prompt ? 0 : 1, b.phase.rawValue)
        }
    }

    public struct Strategy: Codable, Sendable, Equatable {
        public var name: String
        public var predictedSeconds: Double?
        public var measuredSeconds: Double?
        public var calls: Int
        /// Between the medians of every other call and of those between them, over the smaller of both.
        public var spread: Double?

        package init(
            name: String, predictedSeconds: Double?, measuredSeconds: Double?, calls: Int, spread: Double? = nil
        ) {
            self.name = name
            self.predictedSeconds = predictedSeconds
            self.measuredSeconds = measuredSeconds
            self.calls = calls
            self.spread = spread
        }
    }

    public var place: Place
    public var tokens: Int
    public var active: Int
    /// The greatest load over the mean one.
    public var imbalance: Double
    /// The strategy that was taken most often.
    public var chosen: String
    public var calls: Int
    public var strategies: [Strategy]

    package init(
        place: Place, tokens: Int, active: Int, imbalance: Double, chosen: String, calls: Int, strategies: [Strategy]
    ) {
        self.place = place
        self.tokens = tokens
        self.active = active
        self.imbalance = imbalance
        self.chosen = chosen
        self.calls = calls
        self.strategies = strategies
    }
}
