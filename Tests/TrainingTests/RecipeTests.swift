import Foundation
import Mixture
import Testing
import Training

@Suite struct RecipeTests {
    /// A recipe in which every field has a value of its own.
    private func full() throws -> Recipe {
        var recipe = try Recipe(
            path: nil,
            fields: [
                "name": "all of it", "data": ["a", "b/ö"], "domain_weights": ["a_Bc": 0.5, "bD": 2],
                "toy_bytes": 20_000,
                "kv_heads": 2, "head_dim": 6, "intermediate": 96, "shared_intermediate": 32, "qk_norm": true,
                "tied_embeddings": false, "norm_epsilon": 1e-6, "rope_base": 5e5, "beta2": 0.999, "adam_epsilon": 1e-9,
                "learning_rate": 3.3e-4, "schedule": "wsd", "validate_every": 7, "checkpoint_every": 9,
                "seed": UInt64.max,
                "router": [
                    "name": "sigmoid", "groups": 2, "allowed_groups": 1, "bias_rate": 0.002, "capacity_factor": 1.25,
                ] as [String: any Sendable],
            ])
        recipe.warmUp = 1 / 3
        return recipe
    }

    @Test func `a recipe that was written down is the recipe`() throws {
        for recipe in [Recipe(), try full()] {
            let text = try recipe.text()
            let read = try Recipe(text: text, from: "text")
            #expect(read == recipe)
            #expect(try read.text() == text)
        }
        #expect(try full().seed == UInt64.max)
        #expect(try full().router.capacityFactor == 1.25)
    }

    @Test(arguments: RouterName.allCases)
    func `a recipe of every router comes back`(router: RouterName) throws {
        let recipe = try Recipe(path: nil, fields: ["router": router.rawValue, "data": ["text.txt"]])
        #expect(try Recipe(text: recipe.text(), from: "text") == recipe)
        #expect(try recipe.validated() == recipe)
        let expected = RouterConfiguration.standard(router, experts: 8, topK: 2)
        #expect(recipe.router.balance == expected.balance && recipe.router.order == expected.order)
    }

    @Test(
        arguments: [
            (["norm_epsilon": 1.0], "the epsilon of the norms is 1.0"),
            (
                ["intermediate": 262_144, "top_k": 8, "hidden": 8, "experts": 8, "router": "switch"],
                "the width of an expert is 2097152; it must be from 1 to 1048576"
            ),
            (["heads": 4096, "head_dim": 4098, "hidden": 8], "head_dim is 4098"),
        ] as [([String: any Sendable], String)])
    func `what could not be packed and run is not trained`(fields: [String: any Sendable], found: String) throws {
        let recipe = try Recipe(path: nil, fields: fields.merging(["data": ["text.txt"]]) { own, _ in own })
        #expect { try recipe.validated() } throws: { "\($0)".contains(found) }
    }

    @Test func `fields lie over a file's, and a router's over its own`() throws {
        let path = NSTemporaryDirectory() + "recipe-\(UUID().uuidString).json"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(#"{"layers": 3, "router": {"name": "top-k", "balance": 0.5, "groups": 2, "allowed_groups": 1}}"#.utf8)
            .write(to: URL(fileURLWithPath: path))
        let file = try Recipe(path: path)
        #expect(file.layers == 3 && file.hidden == 128 && file.router.balance == 0.5)
        #expect(path.contains(file.name))

        let same = try Recipe(path: path, fields: ["layers": 5, "router": ["z_loss": 0.25] as [String: any Sendable]])
        #expect(same.layers == 5)
        #expect(same.router.balance == 0.5 && same.router.groups == 2 && same.router.zLoss == 0.25)

        let named = try Recipe(path: path, fields: ["router": ["name": "top-k"] as [String: any Sendable]])
        #expect(named.router == file.router)

        // Another router begins with what is its own.
        let other = try Recipe(path: path, fields: ["router": "switch"])
        #expect(other.router.balance == 0.01 && other.router.groups == 1 && other.router.order == .softmaxThenTopK)
    }

    @Test func `active parameters do not depend on how many experts a router visits`() throws {
        let widths = try RouterName.allCases.map { name in
            let recipe = try Recipe(path: nil, fields: ["router": name.rawValue, "top_k": 2, "intermediate": 48])
            return recipe.expertWidth * recipe.visitsPerToken
        }
        #expect(Set(widths) == [96])
    }
}
