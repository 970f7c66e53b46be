import Inference
import Testing

@Suite struct ModelSummaryTests {
    @Test(arguments: ["small-q8_0.gguf", "small-q4_0-mixed.gguf", "odd", "tied"])
    func `a model is described alike before and after packing`(name: String) throws {
        let store = try TemporaryStore(name)
        var options = SessionOptions()
        options.positions = 64
        let before = try ModelSummary(path: Golden.path(name), options: options)
        let after = try ModelSummary(path: store.path, options: options)
        #expect(before.architecture == after.architecture)
        #expect(before.expertBytes == after.expertBytes)
        #expect(before.activeParameters == after.activeParameters)
        #expect(before.memory.experts == after.memory.experts)
        #expect(before.memory.keyValueCache == after.memory.keyValueCache)
        #expect(before.memory.scratch == after.memory.scratch)
        // The program grows while the tests run; the rest of the smallest budget is the same but for whole pages.
        #expect(abs(rest(before.memory) - rest(after.memory)) < 4 << 20)
    }

    private func rest(_ plan: MemoryPlan) -> Int { plan.smallestBudget - plan.program }
}
