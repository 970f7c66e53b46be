import Inference
import ModelFiles
import Offload
import Tensors
import Testing

/// A token visits another number of experts than the model learned with.
@Suite struct ExpertsPerTokenTests {
    private let tokens = (0..<40).map { (step: Int) in (step * step * 31 + 7 * step + 3) % 300 }

    private func options(_ budget: MemoryBudget = .expertShare(1)) -> SessionOptions {
        var options = SessionOptions()
        (options.positions, options.passTokens, options.threads, options.budget) = (40, 40, 2, budget)
        return options
    }

    private func bits(_ model: Model, _ budget: MemoryBudget = .expertShare(1)) throws -> [UInt64?] {
        try model.session(options(budget)).score(tokens).logprobs.map { $0?.bitPattern }
    }

    @Test(arguments: [1, 3, 6])
    func `a model runs as if it had been made for that number, and so does its plan of memory`(count: Int) throws {
        let two = try TemporaryStore(RandomCheckpoint(.mixtral, perToken: 2), PackOptions(quantization: .one(.q8_0)))
        let other = try TemporaryStore(
            RandomCheckpoint(.mixtral, perToken: count), PackOptions(quantization: .one(.q8_0)))
        let (opened, made) = (try Model(path: two.path, expertsPerToken: count), try Model(path: other.path))
        #expect(opened.architecture == made.architecture)
        #expect(try opened.plan(options()).scratch == made.plan(options()).scratch)
        #expect(try bits(opened) == bits(made))
        #expect(try bits(opened, .smallest) == bits(made))
        #expect(try bits(opened) != bits(Model(path: two.path)))
        #expect(opened.warnings.contains { $0.contains("visits \(count) expert") && $0.contains("learned with 2") })
        #expect(made.warnings.isEmpty)
    }

    @Test func `the model's own number changes nothing, and nobody is warned`() throws {
        let store = try TemporaryStore(RandomCheckpoint(.mixtral, perToken: 2), PackOptions(quantization: .one(.q8_0)))
        let opened = try Model(path: store.path, expertsPerToken: 2)
        #expect(try bits(opened) == bits(Model(path: store.path)))
        #expect(opened.warnings.isEmpty)
    }

    @Test(arguments: RandomCheckpoint.samples)
    func `routers that choose otherwise, and numbers that cannot be, are refused`(routing: Routing) throws {
        let store = try TemporaryStore(RandomCheckpoint.sample(routing), PackOptions(quantization: .one(.q8_0)))
        // Two groups of two may be chosen from where there are groups.
        let most = routing.selection != .topK ? 0 : routing.groups > 1 ? 4 : 6
        for count in [0, 1, most, most + 1, .max] {
            let isPossible = (1...6).contains(count) && count <= most
            do {
                let model = try Model(path: store.path, expertsPerToken: count)
                #expect(isPossible && model.architecture.expertsPerToken == count)
                #expect(try bits(model).allSatisfy { $0.map { Double(bitPattern: $0).isFinite } ?? true })
            } catch let error as InferenceError {
                #expect(!isPossible)
                #expect(error.description.contains("random cannot visit \(count) experts for each token"))
            }
        }
    }
}
