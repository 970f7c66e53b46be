import ArgumentParser
import Inference
import Mixture
import Tensors

/// Experts of a layer, in words of the command line.
struct PlanShape: ExpressibleByArgument {
    let hidden, intermediate, experts, expertsPerToken: Int
    let format: WeightFormat

    init?(argument: String) {
        let parts = argument.split(separator: ":", omittingEmptySubsequences: false)
        let sizes = (parts.first ?? "").split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 3, sizes.count == 3, let hidden = sizes[0], let intermediate = sizes[1],
            let experts = sizes[2], let count = Int(parts[1]),
            let format = WeightFormat.allCases.first(where: { $0.rawValue.lowercased() == parts[2].lowercased() }),
            (1...1 << 20).contains(hidden), (1...1 << 20).contains(intermediate), (1...4096).contains(experts),
            (1...min(experts, 128)).contains(count)
        else { return nil }
        (self.hidden, self.intermediate, self.experts) = (hidden, intermediate, experts)
        expertsPerToken = count
        self.format = format
    }

    /// - Throws: ``Complaint`` where a width does not divide into the format's blocks.
    func study(tokens: Int, threads: Int, measuresAgain: Bool) throws -> PlanStudy {
        let shape = ExpertShape(
            hiddenSize: hidden, intermediateSize: intermediate, gateFormat: format, upFormat: format,
            downFormat: format)
        guard let layout = ExpertLayout(shape) else {
            throw Complaint(
                "experts of \(hidden) x \(intermediate) cannot be \(format.rawValue): a width does not divide into its blocks of \(format.blockSize)"
            )
        }
        return try PlanStudy(
            layout, tokens: tokens, expertsPerToken: expertsPerToken, threads: threads,
            folder: HomeOptions.cacheHome, measuresAgain: measuresAgain)
    }

    /// Experts as large as a trace says, twice to seven wide, as Mixtral's are.
    init(like recorded: RecordedLoads, experts: Int) throws {
        let bytes = Double(min(max(recorded.expertBytes ?? 6_193_152, 4096), 1 << 31))
        // 4.5 bits for each of three times 3.5 × width² weights.
        let width = (bytes / (3 * 3.5 * 4.5 / 8)).squareRoot()
        hidden = max(64, Int((width / 64).rounded()) * 64)
        intermediate = hidden * 7 / 2
        self.experts = experts
        expertsPerToken = min(
            experts, recorded.loads.map { ($0.call.totalVisits + $0.call.tokens - 1) / $0.call.tokens }.max() ?? 1)
        format = .q4_0
    }
}

/// Workloads by their names.
struct WorkloadChoice: ExpressibleByArgument {
    let kinds: [Workload.Kind]

    init?(argument: String) {
        if argument == "all" {
            kinds = Workload.Kind.allCases
        } else {
            guard let kind = Workload.Kind(rawValue: argument) else { return nil }
            kinds = [kind]
        }
    }
}
