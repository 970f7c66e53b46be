import Tensors

/// A kind of model that other programs know: what of an architecture has a name there, and how its tensors are called.
struct ExportForm: Sendable {
    /// What the program calls it: a `model_type`, or an architecture of GGUF.
    let name: String
    let names: TensorNames
    let pairing: Architecture.RotaryPairing
    /// The tensors such a model has, where ours is one; ours may lack some, which are then zeros.
    let target: @Sendable (Architecture) -> Architecture
    /// What the numbers of a role are multiplied by.
    var factor: @Sendable (TensorRole) -> Float = { _ in 1 }
    /// Tensors of zeros beside those of the roles, for each layer.
    var zeros: [(name: String, dimensions: @Sendable (Architecture) -> [Int])] = []
    /// Why an architecture is no model of this kind, or nil.
    let problem: @Sendable (Architecture) -> String?
}

extension ExportForm {
    /// The tensors of a model in this form.
    ///
    /// - Parameter format: that of a role's tensor.
    func tensors(
        of source: any ModelSource, format: (TensorRole) throws -> WeightFormat
    ) throws -> [ExportedTensor] {
        let architecture = source.architecture
        let target = target(architecture)
        let own = Set(TensorRole.dense(of: architecture))
        var tensors = try TensorRole.dense(of: target).map { role in
            try tensor(role, of: own.contains(role) ? [role] : [], in: target, format)
        }
        for layer in 0..<target.layerCount {
            let kinds: [(Int) -> TensorRole] = [
                { .expertGate(layer: layer, expert: $0) }, { .expertUp(layer: layer, expert: $0) },
                { .expertDown(layer: layer, expert: $0) },
            ]
            for kind in kinds {
                let roles = (0..<target.expertCount).map(kind)
                if case .whole = place(of: roles[0]) {
                    tensors += try roles.map { try tensor($0, of: [$0], in: target, format) }
                } else {
                    tensors.append(try tensor(roles[0], of: roles, in: target, format))
                }
            }
            tensors += zeros.map { extra in
                ExportedTensor(
                    name: extra.name.replacing("{layer}", with: "\(layer)"), dimensions: extra.dimensions(target),
                    format: .f32, roles: [], factor: 1)
            }
        }
        return tensors
    }

    private func place(of role: TensorRole) -> TensorNames.Place {
        guard let place = names.places(of: role).first else { preconditionFailure("\(name) has no name for \(role)") }
        return place
    }

    private func tensor(
        _ role: TensorRole, of roles: [TensorRole], in target: Architecture,
        _ format: (TensorRole) throws -> WeightFormat
    ) throws -> ExportedTensor {
        let place = place(of: role)
        let dimensions = place.rows(of: role, in: target).dimensions
        return ExportedTensor(
            name: place.name(for: role), dimensions: role.isVector ? [dimensions[1]] : dimensions,
            format: try format(role), roles: roles, factor: factor(role))
    }
}

extension Architecture {
    /// The form among `forms` that this is a model of.
    ///
    /// - Throws: ``ModelFileError`` for `path` that says why it is none of them.
    func form(among forms: [ExportForm], format: String, path: String) throws -> ExportForm {
        let router = "router \(routing.name)"
        let remedy = "offstage pack makes a store of it that offstage run runs"
        guard routing.selection == .topK else {
            let how = routing.selection == .table ? "a table of token ids" : "thresholds"
            throw ModelFileError(
                path: path,
                problem: "the \(router) chooses experts by \(how), which has no name in \(format) models",
                remedy: remedy)
        }
        var problems: [String] = []
        for form in forms {
            guard let problem = form.problem(self) else { return form }
            problems.append("\(form.name): \(problem)")
        }
        throw ModelFileError(
            path: path,
            problem: "no \(format) model is like this one with its \(router) (\(problems.joined(separator: "; ")))",
            remedy: remedy)
    }

    /// What a form without shared experts, biases, groups and factors cannot say.
    var beyondPlainTopK: String? {
        switch true {
        case routing.hasBias: "no bias for the choice of experts"
        case routing.groups > 1: "no groups of experts"
        case routing.scale != 1: "no factor to the weights of experts"
        default: beyondShared
        }
    }

    private var beyondShared: String? {
        routing.hasGate || expertCount == 1 ? nil : "no experts that all tokens visit with weight 1"
    }

    /// A single expert of weight 1: what every form makes of one expert, whatever its gate scores.
    var isDense: Bool { !routing.hasGate && expertCount == 1 }
}
