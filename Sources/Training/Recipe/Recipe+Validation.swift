import Mixture
import ModelFiles

extension Recipe {
    /// The recipe itself, if its numbers are possible and fit together.
    ///
    /// - Throws: ``TrainingError`` that names the field and what it may be.
    package func validated() throws -> Recipe {
        try checkShape()
        try checkLearning()
        try checkData()
        do { _ = try routerConfiguration.validated() } catch { throw TrainingError("\(error)") }
        // What packs and runs a model has the last word, lest one be trained that nobody can use.
        if let problem = architecture(vocabularySize: vocabulary, routing: .mixtral).problem {
            throw TrainingError(problem)
        }
        return self
    }

    private func checkShape() throws {
        try check("layers", layers, 1...512)
        try check("hidden", hidden, 1...65_536)
        try check("heads", heads, 1...4096)
        try check("kv_heads", kvHeads ?? heads, 1...heads)
        try check(
            heads % (kvHeads ?? heads) == 0, "kv_heads is \(kvHeads ?? heads), which does not divide \(heads) heads")
        try check(
            headDim != nil || hidden % heads == 0,
            "hidden is \(hidden), which \(heads) heads do not divide; change one of them or give head_dim")
        try check("head_dim", headSize, 2...4096)
        try check(headSize % 2 == 0, "head_dim is \(headSize); rotary positions need an even number")
        try check("experts", experts, 1...4096)
        try check("top_k", topK, 1...experts)
        try check("intermediate", intermediate ?? 1, 1...262_144)
        try check("shared_intermediate", sharedIntermediate ?? 1, 1...262_144)
        try check("norm_epsilon", Double(normEpsilon), 0...1)
        try check("rope_base", Double(ropeBase), 1...1e12)
        try check(
            parameterEstimate <= 2e9,
            "the model would have \(Int(parameterEstimate / 1e6)) million parameters; at most 2,000 million are trained here"
        )
    }

    private func checkLearning() throws {
        try check("context", context, 1...1 << 20)
        try check("batch", batch, 1...1 << 20)
        try check("accumulate", accumulate, 1...1 << 16)
        try check(
            context * batch <= 1 << 22,
            "batch × context is \(context * batch) tokens; at most \(1 << 22) fit; use accumulate")
        try check("steps", steps, 1...100_000_000)
        try check("learning_rate", learningRate, atLeast: 0)
        try check("final_rate", finalRate, 0...1)
        try check("warm_up", warmUp, 0...1)
        try check("weight_decay", Double(weightDecay), 0...1000)
        for (name, beta) in [("beta1", beta1), ("beta2", beta2)] {
            try check(beta >= 0 && beta < 1, "\(name) is \(beta); it must be at least 0 and less than 1")
        }
        try check(adamEpsilon > 0 && adamEpsilon < 1, "adam_epsilon is \(adamEpsilon); it must be between 0 and 1")
        try check("clip", clip, atLeast: 0)
        try check("validate_every", validateEvery ?? 1, atLeast: 1)
        try check("validation_tokens", validationTokens, atLeast: 1)
        try check("checkpoint_every", checkpointEvery ?? 1, atLeast: 1)
        try check("keep_checkpoints", keepCheckpoints, atLeast: 0)
    }

    private func checkData() throws {
        try check(
            !name.isEmpty && !name.contains("/") && !name.hasPrefix("."),
            "name is \(name.debugDescription); it must be one that a folder can have")
        try check(!data.contains(""), "data has an empty path; give that of a text file or a folder")
        try check(!data.isEmpty, "there is nothing to read: give a text file or a folder with --data, or --data toy")
        try check(
            validationShare > 0 && validationShare < 1,
            "validation_share is \(validationShare); it must be between 0 and 1")
        try check(
            !data.contains(Self.toyData) || data == [Self.toyData],
            "data has \(Self.toyData) beside files; the built-in corpus goes alone")
        try check("toy_bytes", toyBytes, 10_000...1 << 32)
        _ = try tokenizerChoice
        try check("vocabulary", vocabulary, 8...1 << 20)
        for (domain, weight) in domainWeights ?? [:] {
            try check(weight >= 0 && weight.isFinite, "domain_weights gives \(domain) \(weight); it must be 0 or more")
        }
    }

    private func check<Value: Comparable>(_ name: String, _ value: Value, _ range: ClosedRange<Value>) throws {
        try check(
            range.contains(value), "\(name) is \(value); it must be from \(range.lowerBound) to \(range.upperBound)")
    }

    /// JSON has no infinity, and a command line's is refused where it is read.
    private func check<Value: Comparable>(_ name: String, _ value: Value, atLeast least: Value) throws {
        try check(value >= least, "\(name) is \(value); it must be \(least) or more")
    }

    private func check(_ holds: Bool, _ problem: @autoclosure () -> String) throws {
        if !holds { throw TrainingError(problem()) }
    }

    /// Roughly, without overflowing.
    var parameterEstimate: Double {
        let width = Double(hidden)
        let attention = 2 * width * Double(headSize) * Double(heads + (kvHeads ?? heads))
        return expertEstimate + Double(layers) * attention + Double(vocabulary) * width
    }

    /// Those of the experts that tokens are sent to.
    var expertEstimate: Double { Double(layers) * Double(experts) * 3 * Double(hidden) * Double(expertWidth) }
}
