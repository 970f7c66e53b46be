import Foundation
import Profiling
import Testing

@Suite struct LanguageModelTests {
    @Test(arguments: ["odd", "window", "tied", "olmoe"])
    func `log-probabilities are those of transformers within 1e-4, and so are the routes`(name: String) throws {
        for sequence in try Golden("\(name)/reference.json").sequences {
            let routes = Routes()
            let model = try ResidentModel(path: Golden.folder.appending(path: name).path, tokens: sequence.tokens.count)
            let found = try model.logprobs(sequence.tokens, recorder: routes)
            let expected = sequence.logprobs.compactMap(\.self)
            #expect(found.count == expected.count)
            let worst = zip(found, expected).map { abs($0 - $1) }.max() ?? .infinity
            #expect(worst < 1e-4, "\(name)")
            for entry in routes.entries {
                #expect(entry.experts == sequence.layers[entry.layer].experts[entry.token])
                for (found, expected) in zip(entry.weights, sequence.layers[entry.layer].weights[entry.token]) {
                    #expect(abs(found - expected) < 1e-4)
                }
            }
        }
    }

    /// llama.cpp rounds activations to 8 bits as we do where weights are Q8_0 or Q4_0.
    @Test(arguments: [
        ("small-q8_0", "small-q8_0", 1e-5), ("small-q4_0", "small-q4_0", 1e-5),
        ("small-q8_0-old-layout", "small-q8_0", 1e-5),
        ("small-q4_0-mixed", "small-q4_0-mixed", 0.01),
    ])
    func `quantized log-probabilities are those of llama.cpp`(model: String, reference: String, bound: Double) throws {
        let comparison = try Comparison(model: "\(model).gguf", reference: "\(reference).json")
        #expect(comparison.routesAgreeing >= 0.99)
        #expect(comparison.meanDifference <= bound)
    }

    /// llama.cpp rounds activations to f16 and bf16 where weights are; we do not, and compare with exact products.
    /// For K-quants it rounds them in blocks of 256, we in blocks of 32.
    @Test(arguments: [
        ("small-f32", 1e-5), ("small-f16", 1e-5), ("small-bf16", 1e-5), ("wide-q4_0-mixed", 0.1),
        ("many-formats", 0.065),
    ])
    func `log-probabilities are those of the exact products`(model: String, bound: Double) throws {
        let comparison = try Comparison(model: "\(model).gguf", reference: "\(model).json", exact: true)
        #expect(comparison.meanDifference <= bound)
    }

    @Test(arguments: [
        "small-f16.gguf", "small-bf16.gguf", "small-q8_0.gguf", "small-q4_0.gguf", "many-formats.gguf", "window",
    ])
    func `the same bits in one piece, in chunks and token by token, on one thread and on several`(name: String) throws {
        let tokens = try Golden("small-f32.json").sequences[0].tokens
        let path = Golden.folder.appending(path: name).path
        let whole = try ResidentModel(path: path, tokens: tokens.count).logprobs(tokens)
        for (chunk, threads) in [(1, 1), (7, 2), (16, 3), (tokens.count, 4)] {
            let found = try ResidentModel(path: path, tokens: tokens.count, threads: threads).logprobs(
                tokens, chunk: chunk)
            #expect(found.map(\.bitPattern) == whole.map(\.bitPattern), "\(chunk) tokens a pass, \(threads) threads")
        }
    }
}
