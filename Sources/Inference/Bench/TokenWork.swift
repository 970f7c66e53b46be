import Mixture
package import ModelFiles
import Offload
package import Tensors

/// What tokens ask of the machine: memory that is read, and numbers that are multiplied and added.
package struct TokenWork: Sendable {
    /// Numbers multiplied and added, by what they are.
    package typealias Products = [Ceilings.Arithmetic: Int]

    /// Bytes of the weights that a token by itself reads: all outside the experts (of the embedding one row, where it is not
    /// the output as well), and its experts.
    package private(set) var weightBytes = 0
    /// Bytes of the keys and values of a position, of all layers together.
    package let keyValueBytes: Int
    /// Products with weights, of a token in the layers, and of a token's logits.
    package private(set) var ofLayers: Products = [:], ofLogits: Products = [:]
    /// Products of a token's queries with the keys, and of their shares with the values, of one position.
    package let ofPosition: Int
    private let window: Int

    /// - Parameters:
    ///   - formats: of all tensors.
    ///   - keyValueBytes: of a position, all layers together.
    package init(
        _ architecture: Architecture, formats: [(role: TensorRole, format: WeightFormat)], keyValueBytes: Int
    ) {
        self.keyValueBytes = keyValueBytes
        ofPosition = 2 * architecture.headCount * architecture.headSize * architecture.layerCount
        window = architecture.slidingWindow ?? .max
        var (expertBytes, ofExperts) = (0, Products())
        for (role, format) in formats {
            let (rows, columns) = role.shape(in: architecture)
            let bytesPerRow = format.bytesPerRow(columns: columns) ?? 0
            let products = [format.arithmetic: rows * columns]
            if role.isExpert {
                expertBytes += rows * bytesPerRow
                ofExperts.add(products)
            } else if role == .output || role == .tokenEmbedding && architecture.tiedEmbeddings {
                weightBytes += rows * bytesPerRow
                ofLogits.add(products)
            } else if role == .tokenEmbedding {
                weightBytes += bytesPerRow
            } else if role.isProduct {
                weightBytes += rows * bytesPerRow
                ofLayers.add(products)
            } else if !role.isTable {
                weightBytes += rows * bytesPerRow
            }
        }
        let (visits, experts) = (architecture.expertsPerToken, architecture.expertCount)
        weightBytes += expertBytes / experts * visits
        ofLayers.add(ofExperts.mapValues { $0 / experts * visits })
    }

    /// Positions that so many tokens see, the first at `depth`: each those before it and its own, as far as the window reaches.
    package func visiblePositions(tokens: Int, at depth: Int) -> Int {
        (depth..<depth + tokens).reduce(0) { $0 + min($1 + 1, window) }
    }

    /// Bytes that tokens read that pass one after another.
    package func bytes(tokens: Int, at depth: Int) -> Int {
        tokens * weightBytes + keyValueBytes * visiblePositions(tokens: tokens, at: depth)
    }

    /// All products of some tokens, the first at `depth`.
    ///
    /// - Parameter logits: of how many of them are made.
    package func products(tokens: Int, at depth: Int, logits: Int) -> Products {
        var all = ofLayers.mapValues { $0 * tokens }
        all.add(ofLogits.mapValues { $0 * logits })
        all.add([.floats: ofPosition * visiblePositions(tokens: tokens, at: depth)])
        return all
    }
}

extension TokenWork.Products {
    fileprivate mutating func add(_ others: Self) { merge(others, uniquingKeysWith: +) }

    /// Seconds that they take at least where so many are made in a second; nil where that is not known.
    package func leastSeconds(at rates: [Ceilings.Arithmetic: Double]) -> Double? {
        var seconds = 0.0
        for (kind, count) in self where count > 0 {
            guard let rate = rates[kind], rate > 0 else { return nil }
            seconds += Double(count) / rate
        }
        return seconds
    }
}

extension TensorRole {
    /// Whether activations are multiplied by it, outside the experts and the logits.
    fileprivate var isProduct: Bool { !isAlwaysFloat || kind == .gate }
}

extension Session {
    /// What this session's tokens ask of the machine.
    package var work: TokenWork {
        TokenWork(model.architecture, formats: model.store.formats, keyValueBytes: keyValueBytesPerPosition)
    }
}
