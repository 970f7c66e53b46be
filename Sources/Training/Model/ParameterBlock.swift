import Mixture
package import Tensors

/// One number for every parameter of a model: the weights, their gradients, or a moment of the optimizer.
package final class ParameterBlock {
    package let layout: ParameterLayout
    private var memory: Matrix

    private static let width = 16

    /// A block of zeros.
    package init(_ layout: ParameterLayout) {
        self.layout = layout
        memory = Matrix(rows: layout.count / Self.width, columns: Self.width)
    }

    /// All numbers; those in the gaps between tensors are zero and stay so.
    package var all: MatrixView { memory.withView { $0 } }

    /// A tensor as `[product of all sizes but the last, last size]`.
    package subscript(index: Int) -> MatrixView {
        let tensor = layout.tensors[index]
        return all.part(at: layout.offsets[index], rows: tensor.rows, columns: tensor.columns)
    }

    /// The tensor of a name.
    package subscript(name: String) -> MatrixView {
        guard let index = layout.index(of: name) else { preconditionFailure("no parameter is called \(name)") }
        return self[index]
    }

    /// The tensor of a name, or nil.
    package func tensor(_ name: String) -> MatrixView? { layout.index(of: name).map { self[$0] } }

    /// Sets every tensor to the numbers it begins with; a tensor's own do not depend on the others.
    package func initialize(seed: UInt64) {
        for (index, tensor) in layout.tensors.enumerated() {
            let (view, stream) = (self[index], tensor.name.stream)
            switch tensor.initialization {
            case .constant(let value):
                view.withMutableValues { values in
                    for place in values.indices { values[place] = value }
                }
            case .normal(let deviation):
                var random = RandomNumbers(seed: seed, stream: stream)
                skip(tensor.part.lowerBound, of: tensor, &random)
                view.withMutableValues { random.fillNormal(&$0, deviation: deviation) }
            case .router(let parameter): parameter.initialize(view, seed: seed, stream: stream)
            }
        }
    }

    /// Draws the numbers of what other ranks hold, which come before this one's.
    private func skip(_ parts: Int, of tensor: ParameterTensor, _ random: inout RandomNumbers) {
        guard parts > 0 else { return }
        var drawn = Matrix(rows: 1, columns: tensor.wholeCount / tensor.wholeShape[0])
        for _ in 0..<parts { drawn.withMutableRow(0) { random.fillNormal(&$0, deviation: 1) } }
    }
}

extension String {
    /// A number of its own for each name (FNV-1a).
    fileprivate var stream: UInt64 {
        utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}
