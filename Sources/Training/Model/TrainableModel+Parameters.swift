import Mixture
import ModelFiles
import Tensors

extension TrainableModel {
    /// Parameters in all, and those that a token meets: of the experts, the share it visits; of what only trains, none.
    package var parameterCounts: (all: Int, active: Int) {
        var (all, active) = (0, 0)
        for tensor in parameters.layout.tensors where isKeptForGeneration(tensor.name) {
            all += tensor.wholeCount
            active +=
                tensor.name.contains(".experts.")
                ? tensor.wholeCount / architecture.expertCount * architecture.expertsPerToken : tensor.wholeCount
        }
        return (all, active)
    }

    private func isKeptForGeneration(_ name: String) -> Bool {
        !name.contains(".router.") || name.hasSuffix(".router.gate")
    }

    /// The tensors that do not learn in this step.
    func frozenTensors(at step: Int, of steps: Int) -> Set<Int> {
        var frozen: Set<Int> = []
        for (layer, router) in routers.enumerated() {
            for parameter in router.parameters where router.isFrozen(parameter, at: step, of: steps) {
                frozen.insert(parameters.layout.index(of: "layers.\(layer).router.\(parameter.name)")!)
            }
        }
        return frozen
    }

    /// What of the routers' state holds a number that is not finite.
    var firstStateNotFinite: String? {
        for (layer, router) in routers.enumerated() {
            let odd = router.state.filter { !$0.value.allSatisfy(\.isFinite) }.keys.min()
            if let odd { return "layers.\(layer).router.\(odd)" }
        }
        return nil
    }
}

extension ParameterBlock {
    /// The first tensor that holds a number that is not finite.
    func firstNotFinite(_ workers: Workers) -> Int? {
        layout.tensors.indices.first { self[$0].firstNonFinite(on: workers) != nil }
    }
}
