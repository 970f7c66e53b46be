import Mixture
import Tensors
import Testing

/// The form that generates looks at one token at a time.
@Suite struct GenerationFormTests {
    private func trained(_ router: RouterCase) -> RouterSample {
        let sample = RouterSample(router.configuration)
        for _ in 0..<3 { sample.step() }
        return sample
    }

    @Test(arguments: RouterCase.all) func `a later token changes no earlier route`(router: RouterCase) {
        let sample = trained(router)
        let before = sample.generate().visits.filter { $0.token < 20 }
        for column in 0..<RouterSample.hiddenSize { sample.hidden[20, column] += 3 }
        sample.batch.tokens[21] = (sample.batch.tokens[21] + 1) % RouterSample.vocabulary
        #expect(sample.generate().visits.filter { $0.token < 20 } == before)
    }

    @Test(arguments: RouterCase.all) func `tokens alone are routed as tokens together`(router: RouterCase) {
        let sample = trained(router)
        let together = sample.generate()
        for token in 0..<RouterSample.tokens {
            let alone = sample.generate(token..<token + 1)
            let own = together.visits.filter { $0.token == token }
            #expect(alone.visits.map(\.expert) == own.map(\.expert))
            #expect(alone.visits.map(\.weight) == own.map(\.weight))
            #expect(alone.visits.map(\.slot) == own.map(\.slot))
        }
    }

    @Test(arguments: RouterCase.all) func `no token visits more experts than the form says`(router: RouterCase) {
        let sample = trained(router)
        let most = sample.router.generationForm(parameters: sample.views).router.mostVisits
        let assignment = sample.generate()
        for token in 0..<RouterSample.tokens { #expect(assignment.visits.count { $0.token == token } <= most) }
    }

    @Test(arguments: [
        RouterCase(.topK), RouterCase(.switch), RouterCase(.sigmoid), RouterCase(.hash), RouterCase(.dense),
        RouterCase(.gshard, "always") { $0.secondExpert = .always }, RouterCase(.topK, "bias") { $0.biasRate = 0.1 },
        RouterCase(.sigmoid, "groups") { ($0.groups, $0.allowedGroups) = (2, 1) },
    ]) func `without noise, draws and capacity, training routes as generation does`(router: RouterCase) {
        let sample = trained(router)
        #expect(sample.decide().assignment == sample.generate())
    }

    @Test func `training forms that look ahead are named so`() {
        for router in RouterCase.all {
            let sample = RouterSample(router.configuration)
            #expect(sample.router.trainingName.contains("looks ahead") != sample.router.isCausal)
            guard sample.router.isCausal else { continue }
            let before = sample.decide().assignment.visits.filter { $0.token < 8 }
            for token in 8..<RouterSample.tokens {
                for column in 0..<RouterSample.hiddenSize { sample.hidden[token, column] *= -2 }
            }
            #expect(sample.decide().assignment.visits.filter { $0.token < 8 } == before, "\(router.testDescription)")
        }
    }

    @Test(arguments: [
        RouterCase(.expertChoice), RouterCase(.base),
        RouterCase(.topK, "by probability") { ($0.capacityFactor, $0.dropPriority) = (1, .probability) },
        RouterCase(.topK, "by position") { $0.capacityFactor = 1 },
    ]) func `and they do look ahead`(router: RouterCase) throws {
        let sample = RouterSample(router.configuration)
        #expect(!sample.router.isCausal)
        let before = sample.decide().assignment.visits.filter { $0.token < 8 }
        // All later tokens want expert 0 more than any earlier one does.
        let gate = try #require(sample.parameters["gate"])
        for token in 8..<RouterSample.tokens {
            for column in 0..<RouterSample.hiddenSize { sample.hidden[token, column] = 9 * gate[0, column] }
        }
        #expect(sample.decide().assignment.visits.filter { $0.token < 8 } != before)
    }

    @Test func `thresholds say by themselves what the batch would have said`() {
        // One step, so the thresholds are that batch's own cuts, and each cut lies between two shares.
        let sample = RouterSample(RouterConfiguration.standard(.expertChoice, experts: 4, topK: 2))
        sample.step()
        #expect(sample.generate() == sample.decide().assignment)
    }
}
