package import Tensors

/// A model of random weights of any size, to measure with: a GGUF file that this project and llama.cpp load.
package struct SyntheticModel: Sendable {
    /// How tokens spread over the experts.
    package enum Routing: String, Sendable, CaseIterable {
        /// Every expert is as good as the others.
        case uniform
        /// Some experts are visited more than others, and neighbors in a text often visit the same (``SkewedRouting``).
        case skewed
    }

    package var architecture: Architecture
    /// Of all matrices but the gates, which like the norms are f32.
    package var format: WeightFormat
    package var routing: Routing
    package var seed: UInt64

    package init(
        layers: Int, hidden: Int, intermediate: Int, heads: Int, keyValueHeads: Int, headSize: Int, experts: Int,
        expertsPerToken: Int, vocabulary: Int = 4096, context: Int = 4096, format: WeightFormat = .q4_0,
        routing: Routing = .skewed, seed: UInt64 = 1
    ) {
        architecture = Architecture(
            vocabularySize: vocabulary, hiddenSize: hidden, layerCount: layers, headCount: heads,
            keyValueHeadCount: keyValueHeads, headSize: headSize, intermediateSize: intermediate, expertCount: experts,
            expertsPerToken: expertsPerToken, normEpsilon: 1e-5, rotaryBase: 1_000_000, rotaryPairing: .adjacent,
            rotaryDimensions: headSize, slidingWindow: nil, tiedEmbeddings: false, contextLength: context)
        self.format = format
        self.routing = routing
        self.seed = seed
    }

    /// Writes the model, a few megabytes at a time; the file appears under its name when it is complete.
    ///
    /// The bytes depend on the seed and the numbers of the model alone, not on the number of threads.
    ///
    /// - Parameter progress: called with the bytes written and those of the whole file; if it throws, nothing stays.
    /// - Throws: ``ModelFileError`` when the numbers do not fit together or the disk has no room.
    package func write(
        to path: String, workers: Workers, progress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
    ) throws {
        let tensors = try checkedTensors(path: path)
        var writer = try GGUFWriter(path: path, metadata: metadata(), tensors: tensors.map(\.declaration))
        let total = writer.size
        for tensor in tensors {
            try tensor.write(to: &writer, workers: workers) { done in try progress(done, total) }
        }
        try writer.finish()
    }

    /// What random numbers are for; the numbers of different purposes have nothing to do with each other.
    enum Purpose: UInt64 {
        case weights, embeddings, walk, topics, ranks
    }

    /// The stream of random numbers for one thing of a purpose, `number` being below 2^60.
    static func stream(_ purpose: Purpose, _ number: Int) -> UInt64 { purpose.rawValue << 60 | UInt64(number) }

    /// Bytes of all tensors, nearly those of the file.
    ///
    /// - Throws: ``ModelFileError`` for `path` when the numbers do not fit together.
    package func byteCount(path: String = "synthetic model") throws -> Int {
        try checkedTensors(path: path).reduce(0) { $0 + $1.declaration.byteCount }
    }

    private func checkedTensors(path: String) throws -> [SyntheticTensor] {
        let architecture = try architecture.validated(path: path)
        for columns in [
            architecture.hiddenSize, architecture.intermediateSize, architecture.headCount * architecture.headSize,
        ]
        where columns % format.blockSize != 0 {
            throw ModelFileError(
                path: path, problem: "rows of \(columns) do not divide into \(format) blocks of \(format.blockSize)")
        }
        guard format.canEncode else {
            throw ModelFileError(path: path, problem: "random weights cannot be made in \(format.rawValue)")
        }
        guard SyntheticVocabulary.sizes.contains(architecture.vocabularySize) else {
            let sizes = SyntheticVocabulary.sizes
            throw ModelFileError(
                path: path,
                problem:
                    "a vocabulary of \(architecture.vocabularySize); \(sizes.lowerBound) to \(sizes.upperBound) are possible"
            )
        }
        return SyntheticTensor.all(of: self)
    }
}
