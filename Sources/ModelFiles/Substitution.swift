package import Tensors

/// Tensors whose rows do not divide into the blocks of the format they were to have, and the one they get instead.
package struct Substitution: Sendable, Equatable, CustomStringConvertible {
    package let kinds: [TensorRole.Kind]
    package let asked: WeightFormat
    package let format: WeightFormat

    package init(kinds: [TensorRole.Kind], asked: WeightFormat, format: WeightFormat) {
        (self.kinds, self.asked, self.format) = (kinds, asked, format)
    }

    /// - Parameter format: what a matrix is to be turned into, or nil.
    package static func all(
        in architecture: Architecture, asked format: (TensorRole) -> WeightFormat?
    ) -> [Substitution] {
        let experts = TensorRole.Kind.experts.map { TensorRole($0, layer: 0, expert: 0) }
        var kinds: [WeightFormat: [TensorRole.Kind]] = [:]
        for role in TensorRole.dense(of: architecture) + experts where !role.isAlwaysFloat {
            guard let asked = format(role), kinds[asked]?.contains(role.kind) != true,
                let found = asked.fitting(columns: role.shape(in: architecture).columns), found != asked
            else { continue }
            kinds[asked, default: []].append(role.kind)
        }
        return WeightFormat.allCases.compactMap { asked in
            guard let kinds = kinds[asked], let format = asked.substitute else { return nil }
            return Substitution(kinds: kinds, asked: asked, format: format)
        }
    }

    package var description: String {
        let names = kinds.map(\.rawValue).joined(separator: ", ")
        return "rows do not divide into \(asked.rawValue) blocks of \(asked.blockSize), so these become"
            + " \(format.rawValue): \(names)"
    }
}
