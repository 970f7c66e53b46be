package import Tensors

/// Matrices whose rows do not divide into the blocks of the format they were to have, and the one they get instead.
package struct Substitution: Sendable, Equatable, CustomStringConvertible {
    package private(set) var kinds: [TensorRole.Kind]
    package let asked: WeightFormat
    package let format: WeightFormat

    package init(kinds: [TensorRole.Kind], asked: WeightFormat, format: WeightFormat) {
        (self.kinds, self.asked, self.format) = (kinds, asked, format)
    }

    /// - Parameter quantization: what a matrix is to be turned into, or nil.
    package static func all(
        in architecture: Architecture, _ quantization: (TensorRole) -> Quantization?
    ) -> [Substitution] {
        let experts = (0..<architecture.layerCount).flatMap { layer in
            TensorRole.Kind.experts.map { TensorRole($0, layer: layer, expert: 0) }
        }
        var all: [Substitution] = []
        for role in TensorRole.dense(of: architecture) + experts where !role.isAlwaysFloat {
            guard let quantization = quantization(role) else { continue }
            let asked = quantization.asked(role, in: architecture)
            let format = quantization.format(of: role, in: architecture)
            guard asked != format else { continue }
            let index = all.firstIndex { $0.asked == asked && $0.format == format }
            if index == nil { all.append(Substitution(kinds: [], asked: asked, format: format)) }
            let place = index ?? all.count - 1
            if !all[place].kinds.contains(role.kind) { all[place].kinds.append(role.kind) }
        }
        return all
    }

    package var description: String {
        let names = kinds.map(\.rawValue).joined(separator: ", ")
        return "rows do not divide into \(asked.rawValue) blocks of \(asked.blockSize), so these become"
            + " \(format.rawValue): \(names)"
    }
}
