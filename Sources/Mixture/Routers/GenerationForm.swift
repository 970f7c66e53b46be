/// How a trained router finds a token's experts when it generates: a plain value that can be written down.
///
/// It looks at one token at a time, so a text's routes do not depend on what follows it or runs beside it.
package struct GenerationForm: Sendable, Equatable, Codable {
    package enum Selection: String, Sendable, Equatable, Codable {
        /// The ``topK`` experts of the highest rank.
        case topK = "top-k"
        /// Every expert whose share of the token is above its threshold.
        case thresholds
        /// The expert that a table names for the token's id.
        case table
    }

    package var selection: Selection
    package var experts: Int
    package var topK: Int
    package var weighting: Weighting
    package var groups: GroupLimit?
    /// `[experts]`, for ``Selection/topK``: added to rank experts, not to weigh them.
    package var bias: [Float]?
    /// `[experts]`, for ``Selection/thresholds``.
    package var thresholds: [Float]?
    /// `[vocabulary]`, for ``Selection/table``.
    package var table: [Int]?

    package init(
        _ selection: Selection, experts: Int, topK: Int = 1, weighting: Weighting, groups: GroupLimit? = nil,
        bias: [Float]? = nil, thresholds: [Float]? = nil, table: [Int]? = nil
    ) {
        self.selection = selection
        self.experts = experts
        self.topK = topK
        self.weighting = weighting
        self.groups = groups
        self.bias = bias
        self.thresholds = thresholds
        self.table = table
    }

    /// Whether routes or weights depend on a gate's scores; when not, any scores will do.
    package var needsScores: Bool { weighting.form != .one || selection != .table && experts > 1 }

    /// - Precondition: the array that the selection goes by is there.
    package var router: any Router {
        switch selection {
        case .topK: TopKRouter(k: topK, weighting: weighting, bias: bias, groups: groups)
        case .thresholds: ThresholdRouter(thresholds: required(thresholds, "thresholds"), weighting: weighting)
        case .table: TableRouter(table: required(table, "a table"), weighting: weighting)
        }
    }

    private func required<Value>(_ value: Value?, _ name: String) -> Value {
        guard let value else { preconditionFailure("a router by \(name) without \(name)") }
        return value
    }
}
