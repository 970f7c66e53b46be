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
    /// The shape of what is held here.
    package let shape: [Int]
    /// The shape in a checkpoint. Of experts a rank holds ``part`` of the first size.
    package let wholeShape: [Int]
    package let part: Range<Int>
    /// Whether ranks that train together hold a part each.
    package let isOfExperts: Bool
    package let initialization: Initialization
    /// Whether weight decay pulls it to zero; it does not for norms.
    package let decays: Bool

    /// - Parameters:
    ///   - shape: in a checkpoint.
    ///   - part: the experts that are held here, of those that the first size counts; nil for what is not of experts.
    package init(
        _ name: String, shape: [Int], part: Range<Int>? = nil, initialization: Initialization, decays: Bool = true
    ) {
        self.name = name
        wholeShape = shape
        self.part = part ?? 0..<shape[0]
        isOfExperts = part != nil
        self.shape = [self.part.count] + shape.dropFirst()
        self.initialization = initialization
        self.decays = decays
    }

    package var columns: Int { shape.last! }
    package var rows: Int { count / columns }
    package var count: Int { shape.reduce(1, *) }
    package var wholeCount: Int { wholeShape.reduce(1, *) }

    /// Whether ranks that train together have the whole gradient, since all of them route the whole batch.
    var isOfRouter: Bool { if case .router = initialization { true } else { false } }
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

    /// Where the numbers lie of what is neither of experts nor of routers, neighboring tensors together.
    var runsOfOthers: [Range<Int>] {
        var runs: [Range<Int>] = []
        var isOpen = false
        for (tensor, offset) in zip(tensors, offsets) {
            let isOther = !tensor.isOfExperts && !tensor.isOfRouter
            if isOther {
                let end = offset + tensor.count
                if isOpen {
                    runs[runs.count - 1] = runs[runs.count - 1].lowerBound..<end
                } else {
                    runs.append(offset..<end)
                }
            }
            isOpen = isOther
        }
        return runs
    }
}
