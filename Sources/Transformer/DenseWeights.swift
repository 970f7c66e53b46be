import Mixture
package import ModelFiles
package import Tensors

/// The weights outside the experts, all in memory.
package final class DenseWeights: Sendable {
    final class Layer: Sendable {
        /// `[1, hidden]`
        let attentionNorm: Matrix
        let query: WeightMatrix
        let key: WeightMatrix
        let value: WeightMatrix
        let attentionOutput: WeightMatrix
        /// `[1, hidden]`
        let expertNorm: Matrix
        let gate: Gate

        init(_ layer: Int, matrix: (TensorRole) throws -> WeightMatrix) rethrows {
            attentionNorm = try Matrix(matrix(.attentionNorm(layer: layer)))
            query = try matrix(.query(layer: layer))
            key = try matrix(.key(layer: layer))
            value = try matrix(.value(layer: layer))
            attentionOutput = try matrix(.attentionOutput(layer: layer))
            expertNorm = try Matrix(matrix(.expertNorm(layer: layer)))
            gate = Gate(try matrix(.gate(layer: layer)))
        }
    }

    let tokenEmbedding: WeightMatrix
    let layers: [Layer]
    /// `[1, hidden]`
    let outputNorm: Matrix
    /// `[vocabulary, hidden]`; the token embedding itself when the model ties them.
    let output: WeightMatrix

    /// Collects the weights of an architecture.
    ///
    /// - Parameter matrix: the weights of a role, in kernel layout.
    package init(_ architecture: Architecture, matrix: (TensorRole) throws -> WeightMatrix) rethrows {
        tokenEmbedding = try matrix(.tokenEmbedding)
        layers = try (0..<architecture.layerCount).map { try Layer($0, matrix: matrix) }
        outputNorm = try Matrix(matrix(.outputNorm))
        output = architecture.tiedEmbeddings ? tokenEmbedding : try matrix(.output)
    }
}
