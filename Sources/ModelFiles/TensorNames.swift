/// What a file format calls the tensors: for each role the places to look, the first one found counts.
///
/// `{layer}` and `{expert}` stand for the numbers.
struct TensorNames: Sendable {
    /// A tensor of a file, and which of its rows are meant.
    enum Place: Sendable, ExpressibleByStringLiteral {
        /// All of a tensor `[rows, columns]`.
        case whole(String)
        /// The rows of one expert in `[experts, rows, columns]`.
        case expert(String)
        /// The first half of an expert's rows in `[experts, 2 × rows, columns]`.
        case firstHalf(String)
        /// The second half.
        case secondHalf(String)

        init(stringLiteral name: String) { self = .whole(name) }
    }

    var tokenEmbedding: [Place]
    var outputNorm: [Place]
    var output: [Place]
    var attentionNorm: [Place]
    var query: [Place]
    var key: [Place]
    var value: [Place]
    var attentionOutput: [Place]
    var expertNorm: [Place]
    var gate: [Place]
    var expertGate: [Place]
    var expertUp: [Place]
    var expertDown: [Place]
    var queryNorm: [Place] = []
    var keyNorm: [Place] = []
    var routerBias: [Place] = []
    var routerThresholds: [Place] = []
    var routerTable: [Place] = []
    var sharedGate: [Place] = []
    var sharedUp: [Place] = []
    var sharedDown: [Place] = []
    /// Endings of names that change no result and may be left over.
    var ignoredEndings: [String] = []

    func places(of role: TensorRole) -> [Place] {
        switch role {
        case .tokenEmbedding: tokenEmbedding
        case .outputNorm: outputNorm
        case .output: output
        case .attentionNorm: attentionNorm
        case .query: query
        case .key: key
        case .value: value
        case .attentionOutput: attentionOutput
        case .expertNorm: expertNorm
        case .gate: gate
        case .queryNorm: queryNorm
        case .keyNorm: keyNorm
        case .routerBias: routerBias
        case .routerThresholds: routerThresholds
        case .routerTable: routerTable
        case .sharedGate: sharedGate
        case .sharedUp: sharedUp
        case .sharedDown: sharedDown
        case .expertGate: expertGate
        case .expertUp: expertUp
        case .expertDown: expertDown
        }
    }

    /// The same places under other names.
    func renamed(_ name: (String) -> String) -> TensorNames {
        let lists: [WritableKeyPath<TensorNames, [Place]>] = [
            \.tokenEmbedding, \.outputNorm, \.output, \.attentionNorm, \.query, \.key, \.value, \.attentionOutput,
            \.expertNorm, \.gate, \.expertGate, \.expertUp, \.expertDown, \.queryNorm, \.keyNorm, \.routerBias,
            \.routerThresholds, \.routerTable, \.sharedGate, \.sharedUp, \.sharedDown,
        ]
        var names = self
        for list in lists { names[keyPath: list] = self[keyPath: list].map { $0.renamed(name) } }
        return names
    }
}

extension TensorNames.Place {
    /// The name with its numbers filled in.
    func name(for role: TensorRole) -> String {
        var name = template
        if let layer = role.layer { name.replace("{layer}", with: "\(layer)") }
        if let expert = role.expert { name.replace("{expert}", with: "\(expert)") }
        return name
    }

    /// Which rows of the tensor the role takes, and the shape that the tensor must have.
    func rows(of role: TensorRole, in architecture: Architecture) -> (first: Int, dimensions: [Int]) {
        let (rows, columns) = role.shape(in: architecture)
        let expert = role.expert ?? 0
        return switch self {
        case .whole: (0, [rows, columns])
        case .expert: (expert * rows, [architecture.expertCount, rows, columns])
        case .firstHalf: (expert * 2 * rows, [architecture.expertCount, 2 * rows, columns])
        case .secondHalf: ((expert * 2 + 1) * rows, [architecture.expertCount, 2 * rows, columns])
        }
    }

    func renamed(_ name: (String) -> String) -> TensorNames.Place {
        switch self {
        case .whole(let template): .whole(name(template))
        case .expert(let template): .expert(name(template))
        case .firstHalf(let template): .firstHalf(name(template))
        case .secondHalf(let template): .secondHalf(name(template))
        }
    }

    private var template: String {
        switch self {
        case .whole(let name), .expert(let name), .firstHalf(let name), .secondHalf(let name): name
        }
    }
}

extension TensorRole {
    var layer: Int? {
        switch self {
        case .tokenEmbedding, .outputNorm, .output: nil
        case .attentionNorm(let layer), .query(let layer), .key(let layer), .value(let layer), .queryNorm(let layer),
            .keyNorm(let layer), .attentionOutput(let layer), .expertNorm(let layer), .gate(let layer),
            .routerBias(let layer), .routerThresholds(let layer), .routerTable(let layer), .sharedGate(let layer),
            .sharedUp(let layer), .sharedDown(let layer), .expertGate(let layer, _), .expertUp(let layer, _),
            .expertDown(let layer, _):
            layer
        }
    }

    var expert: Int? {
        switch self {
        case .expertGate(_, let expert), .expertUp(_, let expert), .expertDown(_, let expert): expert
        default: nil
        }
    }
}
