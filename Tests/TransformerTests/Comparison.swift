import Foundation
import Profiling

/// How a model's log-probabilities and routes compare with a reference program's.
struct Comparison {
    /// The share of (token, layer) with the same experts.
    let routesAgreeing: Double
    /// Over the tokens whose routes agree in all layers.
    let meanDifference: Double

    /// - Parameter exact: compares with what the weights give without rounded activations.
    init(model: String, reference: String, exact: Bool = false) throws {
        var agreeing = 0
        var visits = 0
        var differences: [Double] = []
        for sequence in try Golden(reference).sequences {
            let routes = Routes()
            let path = Golden.folder.appending(path: model).path
            let found = try ResidentModel(path: path, tokens: sequence.tokens.count).logprobs(
                sequence.tokens, recorder: routes)
            var strayed: Set<Int> = []
            for entry in routes.entries {
                visits += 1
                if Set(entry.experts) == Set(sequence.layers[entry.layer].experts[entry.token]) {
                    agreeing += 1
                } else {
                    strayed.insert(entry.token)
                }
            }
            let expected = exact ? sequence.exactLogprobs ?? [] : sequence.logprobs
            for token in 1..<sequence.tokens.count where !strayed.contains(token - 1) {
                differences.append(abs(found[token - 1] - (expected[token] ?? .nan)))
            }
        }
        routesAgreeing = Double(agreeing) / Double(visits)
        meanDifference = differences.reduce(0, +) / Double(differences.count)
        print(model, routesAgreeing, meanDifference)
    }
}
