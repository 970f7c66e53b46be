import Mixture
import Tensors

extension TrainableRouter {
    /// Where tokens go in a text that is generated.
    ///
    /// - Parameter hidden: the router's input, `[tokens, hidden]`.
    func generate(
        _ hidden: MatrixView, of tokens: [Int], parameters: [String: MatrixView], on workers: Workers
    ) -> Assignment {
        let form = generationForm(parameters: parameters)
        var scores = Matrix(rows: hidden.rows, columns: configuration.experts)
        if form.needsScores, let gate = parameters["gate"] {
            scores.withView { workers.multiply(hidden, by: gate, transposed: true, into: $0) }
        }
        return form.router.route(scores, of: tokens[...])
    }
}
