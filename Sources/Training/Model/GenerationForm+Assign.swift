import Mixture
import Tensors

extension GenerationForm {
    /// Where tokens go in a text that is generated.
    ///
    /// - Parameters:
    ///   - hidden: the router's input, `[tokens, hidden]`.
    ///   - gate: `[experts, hidden]`; nil where there is none.
    ///   - onScores: shown the scores, `[tokens, experts]`, where there are any.
    func assign(
        _ hidden: MatrixView, of tokens: [Int], gate: MatrixView?, on workers: Workers,
        onScores: (MatrixView) -> Void = { _ in }
    ) -> Assignment {
        var scores = Matrix(rows: hidden.rows, columns: experts)
        if needsScores, let gate {
            scores.withView {
                workers.multiply(hidden, by: gate, transposed: true, into: $0)
                onScores($0)
            }
        }
        return router.route(scores, of: tokens[...])
    }
}

extension TrainableModel {
    /// Every token at its best experts, whatever the router's own form: what is left of expert choice without thresholds.
    var topKForms: [GenerationForm] {
        generationForms.map { form in
            GenerationForm(.topK, experts: form.experts, topK: form.topK, weighting: form.weighting)
        }
    }
}
