import Tensors

extension ModelForm {
    /// The tensors of a model in this form.
    ///
    /// - Parameter format: that of a role's tensor, in a file of the architecture beside it.
    func tensors(
        of source: any ModelSource, format: (TensorRole, Architecture) throws -> WeightFormat
    ) throws -> [ExportedTensor] {
        let architecture = source.architecture
        let target = target(architecture)
        let own = Set(TensorRole.dense(of: architecture))
        var tensors = try TensorRole.dense(of: target).map { role in
            try tensor(role, of: own.contains(role) ? [role] : [], in: target, format)
        }
        for layer in 0..<target.layerCount {
            for kind in TensorRole.Kind.experts {
                let roles = (0..<target.expertCount).map { TensorRole(kind, layer: layer, expert: $0) }
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
        _ format: (TensorRole, Architecture) throws -> WeightFormat
    ) throws -> ExportedTensor {
        let place = place(of: role)
        let dimensions = place.rows(of: role, in: target).dimensions
        return ExportedTensor(
            name: place.name(for: role), dimensions: role.isVector ? [dimensions[1]] : dimensions,
            format: try format(role, target), roles: roles, factor: factors[role.kind] ?? 1)
    }
}

extension Architecture {
    /// The form among `forms` that this is a model of.
    ///
    /// - Throws: ``ModelFileError`` for `path` that says why it is none of them.
    func form(among forms: [ModelForm], format: String, path: String) throws -> ModelForm {
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
}
