import Tensors

/// A model's tensors by what they are for.
struct TensorCatalog: Sendable {
    private let path: String
    private let names: TensorNames
    private let architecture: Architecture
    private let tensors: [String: StoredTensor]
    /// Names of tensors that the file has beside the model's own.
    private(set) var leftOut: [LeftOut: [String]] = [:]

    /// Checks that every role has its tensor, and that no tensor is left that would change the result.
    ///
    /// - Parameter draftLayers: how many layers follow the last that guess tokens ahead.
    init(
        path: String, tensors: [String: StoredTensor], names: TensorNames, architecture: Architecture,
        draftLayers: Int = 0
    ) throws {
        self.path = path
        self.tensors = tensors
        self.names = names
        self.architecture = architecture
        // Before anything is made for each layer: a number alone must not cost memory.
        guard architecture.layerCount <= tensors.count else {
            throw error("has \(tensors.count) tensors, too few for \(architecture.layerCount) layers")
        }
        leftOut = try leftovers(beside: checkRoles(), draftLayers)
    }

    /// The rows of a role, their shape, format and place in the file checked.
    func tensor(_ role: TensorRole) throws -> StoredRows {
        let (place, tensor) = try find(role)
        let (rows, columns) = role.shape(in: architecture)
        let (first, dimensions) = place.rows(of: role, in: architecture)
        guard tensor.dimensions == Array(dimensions.drop { $0 == 1 }) else {
            throw error("the tensor \(tensor.name) has the shape \(tensor.dimensions), expected \(dimensions)")
        }
        let isTable = role.isTable && tensor.typeName == SafetensorsType.i32.rawValue
        guard let format = isTable ? .f32 : tensor.format else { throw unsupported(tensor) }
        guard let stored = StoredRows(of: tensor, format: format, first: first, rows: rows, columns: columns) else {
            throw error(
                "the tensor \(tensor.name) has rows of \(columns), which do not divide into \(tensor.typeName) blocks")
        }
        return stored
    }

    private func find(_ role: TensorRole) throws -> (TensorNames.Place, StoredTensor) {
        let places = names.places(of: role)
        for place in places {
            if let tensor = tensors[place.name(for: role)] { return (place, tensor) }
        }
        throw error(
            "has no tensor \(places.map { $0.name(for: role) }.joined(separator: " or "))",
            "The file may be incomplete: compare its size with the published one")
    }

    /// - Returns: the names of all tensors that have a role.
    private func checkRoles() throws -> Set<String> {
        var used: Set<String> = []
        for role in TensorRole.dense(of: architecture) { used.insert(try tensor(role).name) }
        for layer in 0..<architecture.layerCount {
            for expert in 0..<architecture.expertCount {
                for kind in TensorRole.Kind.experts {
                    used.insert(try tensor(TensorRole(kind, layer: layer, expert: expert)).name)
                }
            }
        }
        return used
    }

    /// - Returns: what may be left out.
    private func leftovers(beside used: Set<String>, _ draftLayers: Int) throws -> [LeftOut: [String]] {
        let layers = architecture.layerCount
        var known: [LeftOut: [String]] = [:]
        var unknown: [String] = []
        for name in tensors.keys.sorted() where !used.contains(name) {
            if let kind = LeftOut(tensor: name, isDraft: { $0 >= layers && $0 - layers < draftLayers }) {
                known[kind, default: []].append(name)
            } else {
                unknown.append(name)
            }
        }
        guard let first = unknown.first else { return known }
        let others = unknown.count > 1 ? " and \(unknown.count - 1) more tensors" : ""
        throw error(
            "has the tensor \(first)\(others), which a model of this architecture does not have and which would change the result",
            "Supported are token embedding, output, norms, attention without biases, router and experts")
    }

    private func unsupported(_ tensor: StoredTensor) -> ModelFileError {
        error(
            "the tensor \(tensor.name) has the type \(tensor.typeName), which is not supported",
            "Supported are \(WeightFormat.supportedNames); convert the model to one of these")
    }

    private func error(_ problem: String, _ remedy: String? = nil) -> ModelFileError {
        ModelFileError(path: path, problem: problem, remedy: remedy)
    }
}

extension WeightFormat {
    /// All formats, for messages.
    static var supportedNames: String { allCases.map { $0.rawValue.uppercased() }.joined(separator: ", ") }
}
