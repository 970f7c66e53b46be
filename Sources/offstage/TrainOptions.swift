import ArgumentParser
import Mixture
import Training

/// Every field of a recipe as a flag.
struct TrainOptions: ParsableArguments {
    @OptionGroup(title: "Data") var data: DataOptions
    @OptionGroup(title: "Model") var model: ShapeOptions
    @OptionGroup(title: "Router") var router: RouterOptions
    @OptionGroup(title: "Learning") var learning: LearningOptions

    /// The fields that were given, over a recipe's.
    var fields: Recipe.Fields {
        [data.fields, model.fields, router.fields, learning.fields].reduce(into: [:]) { all, some in
            all.merge(some.compactMapValues { $0 }) { $1 }
        }
    }

    /// What is wrong with a field, said of the flag that gave it.
    func inFlags(_ problem: String) -> String {
        let problem = problem.hasPrefix(Self.place) ? String(problem.dropFirst(Self.place.count)) : problem
        let field = String(problem.prefix { $0 != " " })
        let given = fields.keys.map(\.self) + ((fields["router"] as? Recipe.Fields)?.keys.map(\.self) ?? [])
        guard given.contains(field) else { return problem }
        return "--" + field.replacing("_", with: "-") + problem.dropFirst(field.count)
    }

    private static let place = "the command line: "
}

struct DataOptions: ParsableArguments {
    @Option(help: "What to call the model. (default: the recipe's name)") var name: String?
    @Option(
        help: ArgumentHelp(
            "A text file, lines of JSON (.jsonl) with a text each, a folder of them, or toy: the built-in corpus. May be given several times.",
            valueName: "path"))
    var data: [String] = []
    @Option(
        help: ArgumentHelp(
            "How often domains are drawn, as stories=2,dates=1. (default: by size)", valueName: "weights"))
    var domainWeights: DomainWeights?
    @Option(parsing: .unconditional, help: "Bytes of each domain of the built-in corpus.") var toyBytes: Int?
    @Option(parsing: .unconditional, help: "Share of each text, its end, that only validates. (default: 0.1)")
    var validationShare: Double?
    @Option(help: "characters, bytes, bpe, or the path of a tokenizer.model. (default: characters)")
    var tokenizer: String?
    @Option(parsing: .unconditional, help: "Pieces of a bpe vocabulary. (default: 1024)") var vocabulary: Int?

    var fields: [String: (any Sendable)?] {
        [
            "name": name, "data": data.isEmpty ? nil : data, "domain_weights": domainWeights?.weights,
            "toy_bytes": toyBytes,
            "validation_share": validationShare, "tokenizer": tokenizer, "vocabulary": vocabulary,
        ]
    }
}

/// Weights of domains, written `name=weight,name=weight`.
struct DomainWeights: ExpressibleByArgument {
    let weights: [String: Double]

    init?(argument: String) {
        var weights: [String: Double] = [:]
        for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
            let pair = part.split(separator: "=", maxSplits: 1)
            guard pair.count == 2, let weight = Double(pair[1]) else { return nil }
            weights[String(pair[0])] = weight
        }
        self.weights = weights
    }
}

struct ShapeOptions: ParsableArguments {
    @Option(parsing: .unconditional, help: "(default: 4)") var layers: Int?
    @Option(parsing: .unconditional, help: "Width of the residual stream. (default: 128)") var hidden: Int?
    @Option(parsing: .unconditional, help: "Heads of attention. (default: 4)") var heads: Int?
    @Option(parsing: .unconditional, help: "Heads for keys and values. (default: as many as heads)") var kvHeads: Int?
    @Option(parsing: .unconditional, help: "Width of one head. (default: hidden / heads)") var headDim: Int?
    @Option(
        parsing: .unconditional,
        help: "Width of one expert. (default: 8/3 × hidden / the experts a token visits, in whole 32)")
    var intermediate: Int?
    @Option(parsing: .unconditional, help: "Width of an expert that every token visits. (default: none)")
    var sharedIntermediate: Int?
    @Flag(inversion: .prefixedNo, help: "Normalize each head's queries and keys, as Qwen3 does. (default: no)")
    var qkNorm: Bool?
    @Flag(inversion: .prefixedNo, help: "Use the token embedding for the output, too. (default: yes)")
    var tiedEmbeddings: Bool?
    @Option(parsing: .unconditional, help: "(default: 1e-5)") var normEpsilon: Float?
    @Option(parsing: .unconditional, help: "(default: 10000)") var ropeBase: Float?

    var fields: [String: (any Sendable)?] {
        [
            "layers": layers, "hidden": hidden, "heads": heads, "kv_heads": kvHeads, "head_dim": headDim,
            "intermediate": intermediate, "shared_intermediate": sharedIntermediate, "qk_norm": qkNorm,
            "tied_embeddings": tiedEmbeddings, "norm_epsilon": normEpsilon, "rope_base": ropeBase,
        ]
    }
}

struct LearningOptions: ParsableArguments {
    @Option(parsing: .unconditional, help: "Tokens of a sequence. (default: 64)") var context: Int?
    @Option(parsing: .unconditional, help: "Sequences of a micro-batch. (default: 12)") var batch: Int?
    @Option(parsing: .unconditional, help: "Micro-batches of a step. (default: 1)") var accumulate: Int?
    @Option(parsing: .unconditional, help: "(default: 2000)") var steps: Int?
    @Option(parsing: .unconditional, help: "The greatest. (default: 1e-3)") var learningRate: Double?
    @Option(help: "How it falls after the warm-up: cosine, wsd, constant. (default: cosine)")
    var schedule: LearningRateSchedule.Shape?
    @Option(parsing: .unconditional, help: "The last, as a share of the greatest. (default: 0.1)") var finalRate:
        Double?
    @Option(parsing: .unconditional, help: "Share of the steps in which it rises. (default: 0.05)") var warmUp: Double?
    @Option(parsing: .unconditional, help: "(default: 0.1)") var weightDecay: Float?
    @Option(parsing: .unconditional, help: "(default: 0.9)") var beta1: Float?
    @Option(parsing: .unconditional, help: "(default: 0.99)") var beta2: Float?
    @Option(parsing: .unconditional, help: "(default: 1e-8)") var adamEpsilon: Float?
    @Option(parsing: .unconditional, help: "Greatest length of the gradient; 0: any. (default: 1)") var clip: Double?
    @Flag(
        inversion: .prefixedNo, help: "Compute layers again on the way back instead of keeping them. (default: no)")
    var recompute: Bool?
    @Option(parsing: .unconditional, help: "Where chance begins. (default: 1)") var seed: UInt64?
    @Option(parsing: .unconditional, help: "Steps from one validation to the next. (default: a tenth of all)")
    var validateEvery: Int?
    @Option(parsing: .unconditional, help: "Tokens of a validation on the way. (default: 32768)")
    var validationTokens: Int?
    @Option(parsing: .unconditional, help: "Steps from one checkpoint to the next. (default: a tenth of all)")
    var checkpointEvery: Int?
    @Option(parsing: .unconditional, help: "Newest checkpoints that stay; 0: all. (default: 2)")
    var keepCheckpoints: Int?

    var fields: [String: (any Sendable)?] {
        [
            "context": context, "batch": batch, "accumulate": accumulate, "steps": steps,
            "learning_rate": learningRate, "schedule": schedule?.rawValue, "final_rate": finalRate,
            "warm_up": warmUp, "weight_decay": weightDecay, "beta1": beta1, "beta2": beta2,
            "adam_epsilon": adamEpsilon, "clip": clip, "recompute": recompute, "seed": seed,
            "validate_every": validateEvery, "validation_tokens": validationTokens,
            "checkpoint_every": checkpointEvery, "keep_checkpoints": keepCheckpoints,
        ]
    }
}

extension LearningRateSchedule.Shape: NamedOption {}
