import Foundation
import Mixture
import Testing

@Suite struct RouterConfigurationTests {
    private func decoded(_ json: String) throws -> RouterConfiguration {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(RouterConfiguration.self, from: Data(json.utf8))
    }

    @Test func `the names are those of the command line`() {
        #expect(
            RouterName.allCases.map(\.rawValue) == [
                "top-k", "noisy-top-k", "switch", "gshard", "sigmoid", "expert-choice", "base", "stable", "hash",
                "dense",
            ])
    }

    @Test(arguments: RouterName.allCases) func `every router is valid as it stands`(name: RouterName) throws {
        let configuration = RouterConfiguration.standard(name, experts: 8, topK: 2)
        try configuration.validated()
        #expect(configuration.capacityFactor == nil)
        #expect(configuration.topK == name.fixedTopK ?? 2)
    }

    @Test(arguments: RouterCase.all) func `JSON holds all of it`(router: RouterCase) throws {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        let json = String(decoding: try encoder.encode(router.configuration), as: UTF8.self)
        #expect(try decoded(json) == router.configuration)
    }

    @Test func `what a recipe leaves out is as the paper has it`() throws {
        let configuration = try decoded(
            #"{"name": "switch", "experts": 16, "top_k": 1, "z_loss": 0.001, "drop_priority": "batch-prioritized"}"#)
        var expected = RouterConfiguration.standard(.switch, experts: 16, topK: 1)
        expected.zLoss = 0.001
        expected.dropPriority = .batchPrioritized
        #expect(configuration == expected)
        #expect(expected.balance == 0.01)
    }

    @Test(arguments: [
        (#"{"name": "top-k", "top_k": 1}"#, "gets no gradient"),
        (#"{"name": "sigmoid", "top_k": 1}"#, "gets no gradient"),
        (#"{"name": "switch", "top_k": 1, "order": "renormalized"}"#, "gets no gradient"),
        (#"{"name": "switch", "top_k": 2}"#, "say top-k 1"),
        (#"{"name": "top-k", "experts": 4, "top_k": 5}"#, "Top-5 of 4"),
        (#"{"name": "top-k", "experts": 0}"#, "at least 1"),
        (#"{"name": "gshard", "experts": 1}"#, "Top-2 of 1"),
        (#"{"name": "sigmoid", "groups": 3}"#, "3 groups of 8"),
        (#"{"name": "sigmoid", "groups": 4, "allowed_groups": 1, "top_k": 3}"#, "allow more groups"),
        (#"{"name": "switch", "top_k": 1, "groups": 2}"#, "only top-k and sigmoid"),
        (#"{"name": "top-k", "capacity_factor": 0}"#, "above 0"),
        (#"{"name": "base", "top_k": 1, "capacity_factor": 1}"#, "fixed already"),
        (#"{"name": "top-k", "renormalizes_survivors": true}"#, "give a capacity factor"),
        (#"{"name": "top-k", "load": 0.1}"#, "noisy-top-k"),
        (#"{"name": "expert-choice", "balance": 0.1}"#, "balanced by itself"),
        (#"{"name": "hash", "top_k": 1, "z_loss": 0.1}"#, "no gate"),
        (#"{"name": "top-k", "jitter": 1}"#, "below 1"),
        (#"{"name": "top-k", "balance": -1}"#, "0 or more"),
        (#"{"name": "switch", "top_k": 1, "bias_rate": 0.1}"#, "loss-free bias"),
        (#"{"name": "stable", "top_k": 1, "first_stage": 2}"#, "0 to 1"),
    ]) func `what makes no sense is refused in words`(json: String, words: String) throws {
        let configuration = try decoded(json)
        let error = try #require(throws: RouterConfigurationError.self) { try configuration.validated() }
        #expect(error.description.contains(words), "\(error)")
    }

    @Test func `one of one expert needs no gradient`() throws {
        try RouterConfiguration.standard(.topK, experts: 1, topK: 1).validated()
    }
}
