package import Mixture
import Tensors

/// A named tensor among a model's parameters.
package struct ParameterTensor: Sendable, Equatable {
    /// The numbers it begins with.
    package enum Initialization: Sendable, Equatable {
        case normal(deviation: Float)
        case constant(Float)
        /// As the router says.
        case router(RouterParameter)
    }

    package let name: String
    package let shape: [Int]
    package let initialization: Initialization
    /// Whether weight decay pulls it to zero; it does not for norms.
    package let decays: Bool

    package init(_ name: String, shape: [Int], initialization: Initialization, decays: Bool = true) {
        self.name = name
        self.shape = shape
        self.initialization = initialization
        self.decays = decays
    }

    package var columns: Int { shape.last! }
    package var rows: Int { count / columns }
    package var count: Int { shape.reduce(1, *) }
}

/// Where each tensor lies in one block of memory.
package struct ParameterLayout: Sendable {
    package let tensors: [ParameterTensor]
    /// The first number of each tensor, on 64 bytes.
    package let offsets: [Int]
    /// Numbers of the block, the gaps between tensors included.
    package let count: Int
    private let places: [String: Int]

    /// Numbers that a cache line holds.
    private static let alignment = 16

    package init(_ tensors: [ParameterTensor]) {
        self.tensors = tensors
        var offsets: [Int] = []
        var end = 0
        for tensor in tensors {
            offsets.append(end)
            end += (tensor.count + Self.alignment - 1) / Self.alignment * Self.alignment
        }
        self.offsets = offsets
        count = end
        places = Dictionary(uniqueKeysWithValues: zip(tensors.map(\.name), tensors.indices))
    }

    /// The index of a tensor.
    package func index(of name: String) -> Int? { places[name] }
}
