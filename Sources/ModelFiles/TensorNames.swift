/// What files call the tensors: for each kind the places to look, the first one found counts and is the one written.
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

    private var places: [TensorRole.Kind: [Place]]

    init(_ places: [TensorRole.Kind: [Place]]) { self.places = places }

    func places(of role: TensorRole) -> [Place] { places[role.kind] ?? [] }

    /// The same but for some kinds.
    func with(_ others: [TensorRole.Kind: [Place]]) -> TensorNames {
        var names = self
        names.places.merge(others) { $1 }
        return names
    }

    /// The same places under other names.
    func renamed(_ name: (String) -> String) -> TensorNames {
        var names = self
        names.places = places.mapValues { $0.map { $0.renamed(name) } }
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

    fileprivate func renamed(_ name: (String) -> String) -> TensorNames.Place {
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
