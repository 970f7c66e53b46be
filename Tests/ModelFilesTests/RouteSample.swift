import ModelFiles
import Tensors

/// Which experts tokens would visit if the gates saw their embeddings alone, which the layers change little.
struct RouteSample {
    /// The most visited expert's part of the visits, on average over the layers.
    private(set) var topShare = 0.0
    /// The part of the visits that go to an expert which the token before visited, too.
    private(set) var repeats = 0.0

    init(_ model: any ModelSource, tokens count: Int) throws {
        let architecture = model.architecture
        let embeddings = try model.numbers(of: .tokenEmbedding)
        let tokens = try GreedyText(model).tokens(count)
        for layer in 0..<architecture.layerCount {
            let gate = try model.numbers(of: TensorRole(.gate, layer: layer))
            let choices = tokens.map { token in
                let hidden = architecture.hiddenSize
                let embedding = embeddings[token * hidden..<(token + 1) * hidden]
                let scores = (0..<architecture.expertCount).map { expert in
                    zip(embedding, gate[expert * hidden..<(expert + 1) * hidden]).reduce(0) { $0 + $1.0 * $1.1 }
                }
                return Set(scores.indices.sorted { scores[$0] > scores[$1] }.prefix(architecture.expertsPerToken))
            }
            let visits = Double(choices.count * architecture.expertsPerToken)
            let loads = (0..<architecture.expertCount).map { expert in choices.count { $0.contains(expert) } }
            let repeated = zip(choices, choices.dropFirst()).reduce(0) { $0 + $1.0.intersection($1.1).count }
            topShare += Double(loads.max()!) / visits / Double(architecture.layerCount)
            repeats += Double(repeated) / visits / Double(architecture.layerCount)
        }
    }
}

/// The likeliest text if the output projection sees the tokens' embeddings alone.
struct GreedyText {
    private let hidden: Int
    private let embeddings: [Float]
    private let output: [Float]

    init(_ model: any ModelSource) throws {
        hidden = model.architecture.hiddenSize
        embeddings = try model.numbers(of: .tokenEmbedding)
        output = try model.numbers(of: .output)
    }

    func tokens(_ count: Int) -> [Int] {
        var tokens = [300]
        while tokens.count < count { tokens.append(next(after: tokens[tokens.count - 1])) }
        return tokens
    }

    private func next(after token: Int) -> Int {
        let embedding = embeddings[token * hidden..<(token + 1) * hidden]
        let logits = (0..<output.count / hidden).map { token in
            zip(embedding, output[token * hidden..<(token + 1) * hidden]).reduce(0) { $0 + $1.0 * $1.1 }
        }
        return logits.indices.max { logits[$0] < logits[$1] }!
    }
}
