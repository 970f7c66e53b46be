package import Mixture

/// All that a training run depends on: the same recipe gives the same model to the bit, at any number of threads.
///
/// A recipe file is a JSON object with any of these fields in snake case; every field is also a flag of `offstage train`.
package struct Recipe: Codable, Sendable, Equatable {
    package var name = "model"

    // What is read.
    /// Text files, folders of them, or ``toyData``.
    package var data: [String] = []
    /// How often each domain is drawn; nil: by its size.
    package var domainWeights: [String: Double]?
    /// Bytes of each domain of the built-in corpus.
    package var toyBytes = 4_000_000
    package var validationShare = 0.1
    /// `characters`, `bytes`, `bpe`, or the path of a `tokenizer.model`.
    package var tokenizer = "characters"
    /// Pieces of a `bpe` vocabulary.
    package var vocabulary = 1024

    // The model.
    package var layers = 4
    package var hidden = 128
    package var heads = 4
    /// nil: as many as heads.
    package var kvHeads: Int?
    /// nil: hidden / heads.
    package var headDim: Int?
    /// The width of one expert where a token visits ``topK``; nil: so that those are 8/3 × hidden wide together.
    package var intermediate: Int?
    /// The width of an expert that every token visits beside those it is sent to.
    package var sharedIntermediate: Int?
    package var qkNorm = false
    package var tiedEmbeddings = true
    package var normEpsilon: Float = 1e-5
    package var ropeBase: Float = 10_000

    // The router.
    /// In JSON also just its name. What it leaves out is the router's own default; how many experts there are, and how many
    /// a token visits, is said by ``experts`` and ``topK``.
    package var router = RouterConfiguration.standard(.topK, experts: 8, topK: 2)
    package var experts = 8
    /// Experts that a token visits. Routers that visit a number of their own get experts as much wider or narrower.
    package var topK = 2

    // How it learns.
    package var context = 64
    /// Sequences of a micro-batch.
    package var batch = 12
    /// Micro-batches of a step.
    package var accumulate = 1
    package var steps = 2000
    package var learningRate = 1e-3
    package var schedule = LearningRateSchedule.Shape.cosine
    /// The learning rate at the end, as a share of the greatest.
    package var finalRate = 0.1
    /// The share of the steps in which the learning rate rises.
    package var warmUp = 0.05
    package var weightDecay: Float = 0.1
    package var beta1: Float = 0.9
    package var beta2: Float = 0.99
    package var adamEpsilon: Float = 1e-8
    package var clip = 1.0
    package var recompute = false
    package var seed: UInt64 = 1

    // What is kept.
    /// Steps from one validation to the next; nil: a tenth of all.
    package var validateEvery: Int?
    /// Tokens of a validation on the way; the last one reads all.
    package var validationTokens = 32_768
    /// Steps from one checkpoint to the next; nil: as for validation.
    package var checkpointEvery: Int?
    /// Checkpoints that stay, the newest; 0: all.
    package var keepCheckpoints = 2

    /// Stands among ``data`` for the built-in corpus.
    package static let toyData = "toy"

    package init() {}
}
