import Inference
import ModelFiles
import Profiling
import Tensors
import Testing

/// Bytes and multiply-adds of a token, on a model so small that they can be summed by hand.
@Suite struct TokenWorkTests {
    /// Two layers, 32 wide, of four experts of 64, two for a token; two query heads of 16 share a key and value head.
    private func architecture(window: Int? = nil, tied: Bool = false) -> Architecture {
        Architecture(
            vocabularySize: 10, hiddenSize: 32, layerCount: 2, headCount: 2, keyValueHeadCount: 1, headSize: 16,
            intermediateSize: 64, expertCount: 4, expertsPerToken: 2, normEpsilon: 1e-5, rotaryBase: 10_000,
            rotaryPairing: .halves, rotaryDimensions: 16, slidingWindow: window, tiedEmbeddings: tied, contextLength: 64
        )
    }

    /// q8_0, 34 bytes for 32 weights; f32 for the output and what is always f32.
    private func work(_ architecture: Architecture) -> TokenWork {
        let roles = TensorRole.dense(of: architecture) + TensorRole.experts(of: architecture)
        let formats = roles.map { role in
            (role: role, format: role.isAlwaysFloat || role == .output ? WeightFormat.f32 : .q8_0)
        }
        return TokenWork(architecture, formats: formats, keyValueBytes: 256)
    }

    /// Of a layer: two norms, queries, keys, values, output, the gate; then two experts.
    private let layerBytes =
        2 * 128 + 32 * 34 + 16 * 34 + 16 * 34 + 32 * 34 + 4 * 128 + 2 * (64 * 34 + 64 * 34 + 32 * 68)
    private let layerProducts = 32 * 32 + 16 * 32 + 16 * 32 + 32 * 32 + 2 * 3 * 64 * 32

    @Test func `a token reads its experts, all other weights, and one row of the embedding`() {
        let work = work(architecture())
        #expect(layerBytes == 17_088)
        #expect(work.weightBytes == 34 + 2 * layerBytes + 128 + 10 * 128)
    }

    @Test func `an embedding that is the output as well is read as a whole`() {
        let work = work(architecture(tied: true))
        #expect(work.weightBytes == 10 * 34 + 2 * layerBytes + 128)
        #expect(work.ofLogits == [.bytes: 320])
    }

    @Test func `products are counted by what they multiply`() {
        let work = work(architecture())
        #expect(work.ofLayers == [.bytes: 2 * layerProducts, .floats: 2 * 4 * 32])
        #expect(work.ofLogits == [.floats: 320])
        // Keys and values, two layers, two heads of 16.
        #expect(work.ofPosition == 2 * 2 * 2 * 16)
    }

    @Test func `tokens see what is before them and themselves, as far as the window reaches`() {
        #expect(work(architecture()).visiblePositions(tokens: 3, at: 5) == 6 + 7 + 8)
        #expect(work(architecture(window: 7)).visiblePositions(tokens: 3, at: 5) == 6 + 7 + 7)
    }

    @Test func `all that tokens read and multiply is summed`() {
        let work = work(architecture())
        #expect(work.bytes(tokens: 3, at: 5) == 3 * 35_618 + 21 * 256)
        let products = work.products(tokens: 3, at: 5, logits: 1)
        #expect(products == [.bytes: 3 * 30_720, .floats: 3 * 256 + 320 + 21 * 128])
    }

    @Test func `the least time is the sum of both kinds, where both rates are known`() {
        let products: TokenWork.Products = [.bytes: 1000, .floats: 300]
        #expect(products.leastSeconds(at: [.bytes: 500, .floats: 100]) == 5)
        #expect(products.leastSeconds(at: [.bytes: 500]) == nil)
        #expect(([.bytes: 1000, .floats: 0] as TokenWork.Products).leastSeconds(at: [.bytes: 500]) == 2)
    }
}

/// Passes for the sake of their time.
@Suite struct TimedPassTests {
    private let tokens = (0..<24).map { $0 * 31 % 300 }

    @Test func `prompts and single tokens are timed behind others, and texts are read as ever after that`() throws {
        let session = try TemporaryStore("small-q8_0.gguf").session(40) {
            $0.budget = .smallest
            $0.passTokens = 7
        }
        let expected = try session.score(tokens).logprobs.map { $0?.bitPattern }
        let prompt = try session.timed(tokens, at: 0, as: .prompt)
        #expect(prompt.tokens == 24 && prompt.seconds > 0 && prompt.expertMisses > 0 && prompt.bytesRead > 0)
        let decoded = try session.timed(Array(tokens.prefix(5)), at: 24, as: .decode)
        #expect(decoded.tokens == 5 && decoded.tokensPerSecond > 0)
        session.useSpareMemory(after: 29)
        #expect(try session.score(tokens).logprobs.map { $0?.bitPattern } == expected)
    }

    @Test func `timing ends when nobody waits for it`() throws {
        let session = try TemporaryStore("small-q8_0.gguf").session(24)
        #expect(throws: CancellationError.self) {
            try session.timed(tokens, at: 0, as: .prompt, isCancelled: { true })
        }
        #expect(try session.timed(tokens, at: 0, as: .decode).tokens == 24)
    }

    @Test func `a session's keys and values take what its plan says`() throws {
        let session = try TemporaryStore("small-q8_0.gguf").session(64)
        let work = session.work
        #expect(work.keyValueBytes == session.plan.keyValueCache / 64)
        #expect(work.weightBytes > 0 && work.ofLayers[.bytes, default: 0] > 0)
    }
}
