import Mixture
import Profiling
import Tensors

extension PlanAnswer {
    /// The same for a page.
    ///
    /// - Parameter subject: what was planned for, in words.
    func report(of subject: String) -> PlanReport {
        PlanReport(
            subject: subject, rowName: isOfLayers ? "layer" : "skew", columnName: isOfLayers ? "phase" : "tokens",
            remarks: isOfLayers ? [] : [Self.aboutSkew], machine: constants.map(parts) ?? [], loads: loads.map(load))
    }

    private static let aboutSkew = """
        Skew says how unlike the experts' popularity is: the n-th is visited in proportion to n to the power of minus this, so at \
        0 all are alike and at 2 a few do most.
        """

    private func load(_ found: LayerExplanation) -> PlanReport.Load {
        let place = found.place
        let skews = LoadSweep.skews
        let row =
            isOfLayers
            ? "\(place.layer)\(place.isShared ? " shared" : "")"
            : skews.indices.contains(place.layer) ? skews[place.layer].short : "\(place.layer)"
        return PlanReport.Load(
            row: row, column: isOfLayers ? place.phase.rawValue : "\(found.tokens)", tokens: found.tokens,
            active: found.active, imbalance: found.imbalance, chosen: found.chosen,
            strategies: found.strategies.map {
                PlanReport.Strategy(
                    name: $0.name, predicted: $0.predictedSeconds, measured: $0.measuredSeconds, spread: $0.spread)
            })
    }

    private func parts(_ constants: CostConstants) -> [PlanReport.Constant] {
        func rate(_ bytes: Double) -> String { "\((bytes / 1e9).brief) GB/s" }
        func time(_ seconds: Double) -> String { "\((1e6 * seconds).fixed(3)) µs" }
        let own = [
            PlanReport.Constant("threads", constants.threads.grouped),
            PlanReport.Constant("memory read by one thread", rate(constants.bandwidthAlone)),
            PlanReport.Constant("memory read by all threads together", rate(constants.bandwidthTogether)),
            PlanReport.Constant("to begin a parallel loop and end it", time(constants.loop)),
            PlanReport.Constant("to go from one step of it to the next", time(constants.step)),
            PlanReport.Constant("to take a piece of work", time(constants.unit)),
            PlanReport.Constant("to choose a strategy for a layer", time(choosingSeconds)),
        ]
        let link = constants.link.map { link in
            [
                PlanReport.Constant("to reach the memory of another node", time(link.latency)),
                PlanReport.Constant("memory of another node", rate(link.bandwidth)),
            ]
        }
        return own + (link ?? []) + shapes.map { PlanReport.Constant("experts", $0) }
    }
}

extension PlanShape {
    /// As in a sentence.
    var words: String {
        "\(experts) experts of \(hidden) x \(intermediate) in \(format.rawValue), \(expertsPerToken) for each token"
    }
}
