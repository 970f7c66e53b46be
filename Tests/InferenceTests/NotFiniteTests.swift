import Inference
import ModelFiles
import Tensors
import Testing
import Transformer

/// Numbers that end are noticed where they do.
@Suite struct NotFiniteTests {
    private let tokens = [5, 9, 14, 30, 77]

    /// A model whose weights of one role are as great as numbers get.
    private func session(_ great: TensorRole) throws -> Session {
        var sample = try RandomCheckpoint(.mixtral)
        sample.architecture.tiedEmbeddings = false
        sample.change = { role, numbers in
            if role == great { numbers = numbers.map { $0 < 0 ? -3e38 : 3e38 } }
        }
        return try TemporaryStore(sample).session(40)
    }

    @Test(
        arguments: [
            (TensorRole(.attentionOutput, layer: 1), "layer 1"), (TensorRole(.attentionNorm, layer: 0), "layer 0"),
            (TensorRole(.gate, layer: 2), "the router of layer 2"), (TensorRole(.sharedGate, layer: 0), ""),
            (.output, "the output projection"),
            (.outputNorm, "the output projection"),
        ] as [(TensorRole, String)])
    func `a pass that is no longer finite stops and names the layer`(great: TensorRole, place: String) throws {
        let session = try session(great)
        if place.isEmpty {
            #expect(try session.score(tokens).perplexity.isFinite)
            return
        }
        let error = #expect(throws: NotFiniteError.self) { try session.score(tokens) }
        #expect(error?.place.hasSuffix(place) == true, "\(error?.place ?? "")")
        #expect("\(try #require(error))".contains("that is not finite"))
        #expect(throws: NotFiniteError.self) { try session.generate(from: tokens) { _ in } }
    }

    /// f32 holds them, f16 does not.
    @Test func `keys that rounding makes infinite are named with the way out`() throws {
        var sample = try RandomCheckpoint(.mixtral)
        sample.change = { role, numbers in
            if role == TensorRole(.key, layer: 1) { numbers = numbers.map { 1e6 * $0 } }
        }
        let store = try TemporaryStore(sample)
        #expect(try store.session(40).score(tokens).perplexity.isFinite)
        let error = #expect(throws: NotFiniteError.self) {
            try store.session(40) { $0.keyValueFormat = .f16 }.score(tokens)
        }
        #expect(error?.place.hasSuffix("layer 1") == true)
        #expect("\(try #require(error))".contains("beyond those of f16. Try --kv f32"))
    }

    @Test func `an expert's numbers are noticed when a token visits it`() throws {
        var sample = try RandomCheckpoint(Routing(name: "hash", selection: .table, weighting: .constant), perToken: 1)
        sample.change = { role, numbers in
            // A checkpoint has the six experts of a layer in one tensor.
            guard
                [TensorRole(.expertUp, layer: 1, expert: 0), TensorRole(.expertDown, layer: 1, expert: 0)].contains(
                    role)
            else { return }
            for index in numbers.count / 6 * 2..<numbers.count / 6 * 3 { numbers[index] = 3e38 }
        }
        let session = try TemporaryStore(sample).session(40)
        let visitor = try #require((0..<50).first { sample.expert(of: $0, layer: 1) == 2 })
        let others = (0..<50).filter { sample.expert(of: $0, layer: 1) != 2 }
        #expect(try session.score(others.suffix(30).map(\.self)).perplexity.isFinite)
        let error = #expect(throws: NotFiniteError.self) { try session.score([others[0], others[1], visitor, 3]) }
        #expect(error?.place == "layer 1" && error?.position == 2)
    }
}
