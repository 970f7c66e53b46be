import Foundation
import ModelFiles
import Profiling
import Tensors

extension ModelSummary {
    /// The summary as lines of text.
    public var table: String {
        var lines = [
            line("model", "\(name) (\(kind.rawValue) \(path))"),
            line("layers", "\(architecture.layerCount) of width \(architecture.hiddenSize)"),
            line("attention", attention),
            line(
                "experts",
                "\(architecture.expertCount) per layer, \(architecture.expertsPerToken) per token, width \(architecture.intermediateSize)\(shared)"
            ),
            line("router", architecture.routing.text),
            line("vocabulary", "\(vocabulary) pieces\(chatTemplate ? ", with a chat template" : "")"),
            line(
                "parameters",
                "\(millions(denseParameters + expertParameters)), of which a token meets \(millions(activeParameters))"),
            line("dense", "\(formatted(bytes: denseBytes)) in \(list(denseFormats))"),
            line(
                "experts",
                "\(formatted(bytes: expertBytes)) in \(list(expertFormats)): \(formatted(bytes: bytesPerExpert)) each"),
            line("per token", "\(formatted(bytes: expertBytesPerToken)) of experts"),
        ]
        lines += rows(memory)
        return lines.joined(separator: "\n") + "\n"
    }

    private var attention: String {
        let window = architecture.slidingWindow.map { ", window \($0)" } ?? ""
        return
            "\(architecture.headCount) heads of \(architecture.headSize), \(architecture.keyValueHeadCount) for keys and values, "
            + "made for \(architecture.contextLength) positions\(window)"
    }

    private var shared: String {
        architecture.sharedIntermediateSize.map { ", and one of width \($0) for every token" } ?? ""
    }

    private func rows(_ memory: MemoryPlan) -> [String] {
        [
            "",
            "memory\(kind == .store ? "" : " once packed"), with room for \(memory.positions) positions:",
            line("program", formatted(bytes: memory.program)),
            line("dense", formatted(bytes: memory.dense)),
            line("keys, values", "\(formatted(bytes: memory.keyValueCache)) in \(memory.keyValueFormat)"),
            line("scratch", formatted(bytes: memory.scratch)),
            line("threads", formatted(bytes: memory.threadsAndBuffers)),
            line("experts", "\(formatted(bytes: memory.experts)) for all \(memory.expertCount)"),
            line("smallest", "--ram \(budgetArgument(memory.smallestBudget))"),
            line("everything", "--ram \(budgetArgument(memory.total))"),
        ]
    }

    private func line(_ title: String, _ text: String) -> String {
        title.padding(toLength: 14, withPad: " ", startingAt: 0) + text.printable
    }

    private func millions(_ count: Int) -> String { String(format: "%.1f million", Double(count) / 1e6) }

    private func list(_ formats: [String: Int]) -> String {
        formats.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.key) × \($0.value)" }.joined(
            separator: ", ")
    }
}

extension Routing {
    /// The routing in words.
    fileprivate var text: String {
        let choice =
            switch selection {
            case .topK: "the best scores"
            case .threshold: "scores above thresholds"
            case .table: "a table of token ids"
            }
        let weight =
            switch weighting {
            case .softmaxOfChosen: "softmax of the chosen"
            case .softmax: "softmax"
            case .sigmoid: "sigmoid"
            case .sigmoidOfChosen: "sigmoid, summing to 1"
            case .constant: "1"
            }
        let details = [
            hasBias ? "biased" : nil, groups > 1 ? "\(allowedGroups) of \(groups) groups" : nil,
            scale != 1 ? "scaled by \(scale)" : nil,
        ].compactMap(\.self)
        return (["\(name): by \(choice)", "weight \(weight)"] + details).joined(separator: ", ")
    }
}
