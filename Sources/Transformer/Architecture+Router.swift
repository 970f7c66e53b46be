import Mixture
import ModelFiles
import Tensors

extension Architecture {
    /// How a layer's tokens find their experts.
    ///
    /// - Parameter matrix: the weights of a role.
    /// - Throws: ``RouterTableError``, and what `matrix` throws.
    func router(layer: Int, matrix: (TensorRole) throws -> WeightMatrix) throws -> any Router {
        let weighting = Weighting(routing.weighting.form, scale: routing.scale)
        switch routing.selection {
        case .topK:
            return TopKRouter(
                k: expertsPerToken, weighting: weighting,
                bias: routing.hasBias ? try matrix(TensorRole(.routerBias, layer: layer)).numbers : nil,
                groups: routing.groups > 1 ? GroupLimit(groups: routing.groups, allowed: routing.allowedGroups) : nil)
        case .threshold:
            return ThresholdRouter(
                thresholds: try matrix(TensorRole(.routerThresholds, layer: layer)).numbers, weighting: weighting)
        case .table:
            let table = try matrix(TensorRole(.routerTable, layer: layer)).numbers.enumerated().map { token, number in
                guard let expert = Int(exactly: number), (0..<expertCount).contains(expert) else {
                    throw RouterTableError(layer: layer, token: token, expert: number, experts: expertCount)
                }
                return expert
            }
            return TableRouter(table: table, weighting: weighting)
        }
    }

    /// Bytes that the routers of all layers hold beside the tensors they are made of.
    var routerBytes: Int {
        let numbers = routing.selection == .table ? vocabularySize : expertCount
        return layerCount * numbers * MemoryLayout<Int>.stride
    }
}

/// A table of a router names an expert that there is not.
package struct RouterTableError: Error, CustomStringConvertible {
    let layer: Int
    let token: Int
    let expert: Float
    let experts: Int

    package var description: String {
        "the router of layer \(layer) sends token \(token) to expert \(expert), where there are \(experts); "
            + "pack the model again with --force"
    }
}

extension Routing.Weighting {
    fileprivate var form: Weighting.Form {
        switch self {
        case .softmaxOfChosen: .softmaxOfChosen
        case .softmax: .softmaxOfAll
        case .sigmoid: .sigmoid
        case .sigmoidOfChosen: .sigmoidShare
        case .constant: .one
        }
    }
}

extension WeightMatrix {
    /// All numbers of a single row.
    fileprivate var numbers: [Float] {
        precondition(rows == 1, "\(rows) rows where one is expected")
        var numbers = [Float](repeating: 0, count: columns)
        var span = numbers.mutableSpan
        copyRow(0, into: &span)
        return numbers
    }
}
