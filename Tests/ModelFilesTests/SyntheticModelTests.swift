import Foundation
import ModelFiles
import Tensors
import Testing

@Suite struct SyntheticModelTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func small(
        format: WeightFormat = .f32, routing: SyntheticModel.Routing = .uniform, vocabulary: Int = 512, experts: Int = 8
    ) -> SyntheticModel {
        SyntheticModel(
            layers: 2, hidden: 256, intermediate: 128, heads: 4, keyValueHeads: 2, headSize: 64, experts: experts,
            expertsPerToken: 2, vocabulary: vocabulary, context: 256, format: format, routing: routing)
    }

    private func open(_ model: SyntheticModel, threads: Int = 2) throws -> any ModelSource {
        let path = folder.path + "/model.gguf"
        try model.write(to: path, workers: Workers(count: threads))
        return try ModelFile.open(path: path)
    }

    @Test(
        arguments: WeightFormat.allCases.filter { $0.canEncode && $0.blockSize <= 32 }, SyntheticModel.Routing.allCases)
    func `it is read back as it was asked for`(format: WeightFormat, routing: SyntheticModel.Routing) throws {
        let model = try open(small(format: format, routing: routing))
        #expect(model.architecture == small().architecture)
        #expect(try model.tensor(TensorRole(.expertUp, layer: 1, expert: 7)).format == format)
        #expect(try model.tensor(TensorRole(.gate, layer: 1)).format == .f32)
    }

    @Test func `deviations are those of a trained model's beginning`() throws {
        let model = try open(small())
        let residual: Float = 0.02 / 2  // / √(2 × 2 layers)
        for (role, deviation) in [
            (TensorRole.tokenEmbedding, 1), (TensorRole(.query, layer: 0), 0.02), (TensorRole(.gate, layer: 0), 0.02),
            (TensorRole(.attentionOutput, layer: 1), residual), (TensorRole(.expertUp, layer: 1, expert: 3), 0.02),
            (TensorRole(.expertDown, layer: 1, expert: 3), residual),
        ] as [(TensorRole, Float)] {
            let numbers = try model.numbers(of: role)
            let found = (numbers.reduce(0) { $0 + $1 * $1 } / Float(numbers.count)).squareRoot()
            #expect(abs(found / deviation - 1) < 0.05, "\(role): \(found)")
        }
        #expect(try model.numbers(of: TensorRole(.expertNorm, layer: 0)).allSatisfy { $0 == 1 })
    }

    @Test func `the same seed gives the same file for every number of threads`() throws {
        let one = try open(small(routing: .skewed), threads: 1)
        let bytes = try [UInt8](Data(contentsOf: URL(filePath: folder.path + "/model.gguf")))
        let two = try open(small(routing: .skewed), threads: 3)
        #expect(try [UInt8](Data(contentsOf: URL(filePath: folder.path + "/model.gguf"))) == bytes)
        #expect(one.architecture == two.architecture)
        var other = small(routing: .skewed)
        other.seed = 2
        _ = try open(other)
        #expect(try [UInt8](Data(contentsOf: URL(filePath: folder.path + "/model.gguf"))) != bytes)
    }

    @Test func `experts differ from each other and from layer to layer`() throws {
        let model = try open(small(format: .q4_0))
        let some = try [
            TensorRole(.expertUp, layer: 0, expert: 0), TensorRole(.expertUp, layer: 0, expert: 1),
            TensorRole(.expertUp, layer: 1, expert: 0),
            TensorRole(.expertGate, layer: 0, expert: 0),
        ].map { try model.contents(of: $0) }
        #expect(Set(some).count == 4)
    }

    @Test(arguments: [354, 512, 4096, 32000])
    func `the vocabulary has the size asked for and no piece twice`(size: Int) throws {
        let tokenizer = try open(small(vocabulary: size)).tokenizer
        #expect(tokenizer.pieces.count == size)
        #expect(Set(tokenizer.pieces).count == size)
    }

    @Test func `every merge joins two pieces that come before it`() throws {
        let tokenizer = try open(small(vocabulary: 4096)).tokenizer
        let scores = Dictionary(uniqueKeysWithValues: zip(tokenizer.pieces, tokenizer.scores))
        for (piece, score) in scores where piece.count > 1 && !piece.hasPrefix("<") {
            let joins = (1..<piece.count).contains { cut in
                let (left, right) = (String(piece.prefix(cut)), String(piece.dropFirst(cut)))
                return [left, right].allSatisfy { part in
                    scores[part].map { part.count == 1 || $0 > score } ?? false
                }
            }
            #expect(joins, "\(piece)")
        }
    }

    @Test(arguments: ["", "hello", "  two  spaces\n", "Ünïcode 漢字 🙂", "<s>", "\u{0}\u{7f}"])
    func `any text is encoded and comes back`(text: String) throws {
        let description = try open(small(vocabulary: 1000)).tokenizer
        let tokenizer = try SentencePieceTokenizer(description)
        let tokens = tokenizer.encode(Array(text.utf8))
        let bytes = tokens.enumerated().flatMap { tokenizer.bytes(of: $1, isFirst: $0 == 0) }
        #expect(bytes == Array(text.utf8))
    }

    @Test func `skewed routing favors some experts and repeats`() throws {
        let model = try open(small(routing: .skewed, vocabulary: 1024))
        let routes = try RouteSample(model, tokens: 700)
        #expect((0.27...0.40).contains(routes.topShare), "\(routes.topShare)")
        #expect((0.42...0.60).contains(routes.repeats), "\(routes.repeats)")

        let uniform = try RouteSample(open(small(routing: .uniform, vocabulary: 1024)), tokens: 700)
        #expect((0.125...0.18).contains(uniform.topShare), "\(uniform.topShare)")
        #expect((0.2...0.3).contains(uniform.repeats), "\(uniform.repeats)")
    }

    @Test(arguments: SyntheticModel.Routing.allCases)
    func `greedy text goes through the vocabulary and stays with a topic for a while`(
        routing: SyntheticModel.Routing
    ) throws {
        let tokens = try GreedyText(open(small(routing: routing, vocabulary: 1024))).tokens(700)
        #expect(Set(tokens).count == 700)
        #expect(tokens.allSatisfy { $0 >= 259 })
        let changes = zip(tokens, tokens.dropFirst()).count { TokenWalk.topic(of: $0) != TokenWalk.topic(of: $1) }
        #expect((50...100).contains(changes))
    }

    @Test func `progress goes up to the whole, and an error in it leaves nothing`() throws {
        let path = folder.path + "/model.gguf"
        var steps: [Int] = []
        var total = 0
        try small().write(to: path, workers: Workers(count: 1)) { done, all in
            steps.append(done)
            total = all
        }
        #expect(steps == steps.sorted())
        #expect(steps.last == total)
        #expect(try Data(contentsOf: URL(filePath: path)).count == total)
        try folder.remove("model.gguf")

        struct Interrupted: Error {}
        #expect(throws: Interrupted.self) {
            try small().write(to: path, workers: Workers(count: 1)) { _, _ in throw Interrupted() }
        }
        #expect(try folder.names == [])
    }

    @Test(arguments: [
        (100, 8, WeightFormat.f32, "vocabulary of 100"), (512, 1, .f32, "experts per token is 2"),
        (512, 8, .q6_K, "q6_K"),
    ])
    func `impossible numbers are refused`(vocabulary: Int, experts: Int, format: WeightFormat, words: String) {
        let model = small(format: format, vocabulary: vocabulary, experts: experts)
        let error = #expect(throws: ModelFileError.self) { try open(model) }
        #expect(error?.problem.contains(words) == true, "\(error?.problem ?? "")")
    }
}
