import Mixture
import Tensors
import Testing

/// What every router keeps, with every option.
@Suite struct RouterContractTests {
    @Test(arguments: RouterCase.all) func `the configuration is a valid one`(router: RouterCase) throws {
        try router.configuration.validated()
    }

    @Test(arguments: RouterCase.all) func `the same seed gives the same bits at any number of threads`(
        router: RouterCase
    ) {
        let (one, three) = (RouterSample(router.configuration), RouterSample(router.configuration, threads: 3))
        let (first, second) = (one.decide(), three.decide())
        #expect(first.assignment == second.assignment)
        #expect(first.terms == second.terms)
        let (left, right) = (one.gradients(first) { Float($0 - $1) }, three.gradients(second) { Float($0 - $1) })
        #expect(left.hidden.rows == right.hidden.rows)
        for (name, gradient) in left.parameters { #expect(gradient.rows == right.parameters[name]?.rows) }
    }

    @Test(arguments: RouterCase.all) func `a layer computed again is the same`(router: RouterCase) {
        let sample = RouterSample(router.configuration)
        sample.step()
        let first = sample.decide()
        #expect(sample.decide().assignment == first.assignment)
        #expect(sample.decide().terms == first.terms)
    }

    @Test(arguments: RouterCase.all) func `no token is twice at one expert, and its slots differ`(router: RouterCase) {
        let visits = RouterSample(router.configuration).decide().assignment.visits
        #expect(Set(visits.map { [$0.token, $0.expert] }).count == visits.count)
        #expect(Set(visits.map { [$0.token, $0.slot] }).count == visits.count)
    }

    @Test(arguments: RouterCase.all) func `no expert has more visits than its capacity, and what is dropped is told`(
        router: RouterCase
    ) {
        let decision = RouterSample(router.configuration).decide()
        let counts = (0..<router.configuration.experts).map { decision.assignment[$0].count }
        #expect(counts.allSatisfy { $0 <= decision.capacity ?? .max })
        guard router.configuration.secondExpert != .random else { return }
        let chosen: Int = decision.chosen.reduce(0, +)
        #expect(decision.dropped.reduce(0, +) == chosen - decision.assignment.visits.count)
    }

    @Test(arguments: RouterCase.capacities) func `a capacity of the even share drops something here`(
        router: RouterCase
    ) {
        #expect(RouterSample(router.configuration).decide().dropped.reduce(0, +) > 0)
    }

    @Test(arguments: RouterCase.all) func `padding visits nothing and changes nothing`(router: RouterCase) {
        let sample = RouterSample(router.configuration)
        sample.batch.isPadding = (0..<RouterSample.tokens).map { $0 % 8 >= 6 }
        let first = sample.decide()
        #expect(first.assignment.visits.allSatisfy { $0.token % 8 < 6 })
        let before = sample.gradients(first) { Float($0 + $1) }
        for token in 0..<RouterSample.tokens where token % 8 >= 6 {
            for column in 0..<RouterSample.hiddenSize { sample.hidden[token, column] = 9 }
            #expect(before.hidden.rows[token] == Array(repeating: 0, count: RouterSample.hiddenSize))
        }
        let second = sample.decide()
        #expect(second.assignment == first.assignment)
        #expect(second.terms == first.terms)
        #expect(second.chosen == first.chosen)
    }

    @Test(arguments: RouterCase.all) func `a batch of padding alone is routed nowhere`(router: RouterCase) {
        let sample = RouterSample(router.configuration)
        sample.batch.isPadding = Array(repeating: true, count: RouterSample.tokens)
        let decision = sample.decide()
        #expect(decision.assignment.visits.isEmpty)
        #expect(decision.terms.allSatisfy { $0.value.isFinite })
        let gradients = sample.gradients(decision) { _, _ in 1 }
        for gradient in gradients.parameters.values { #expect(gradient.isZero) }
    }

    @Test(arguments: RouterCase.all) func `experts that nobody visits are no trouble`(router: RouterCase) {
        let sample = RouterSample(router.configuration)
        // The last expert is far behind for every token.
        if let gate = sample.parameters["gate"] {
            for token in 0..<RouterSample.tokens { sample.hidden[token, 0] = 1 }
            gate[RouterCase.experts - 1, 0] = -50
        }
        let decision = sample.decide()
        #expect(decision.assignment.visits.allSatisfy { $0.weight.isFinite })
        #expect(decision.terms.allSatisfy { $0.value.isFinite })
        let gradients = sample.gradients(decision) { _, _ in 1 }
        #expect(gradients.hidden.rows.joined().allSatisfy { $0.isFinite })
    }

    @Test(arguments: RouterCase.all) func `of equal scores the lower experts and tokens win`(router: RouterCase) {
        let sample = RouterSample(router.configuration)
        for token in 0..<RouterSample.tokens {
            for column in 0..<RouterSample.hiddenSize { sample.hidden[token, column] = 0 }
        }
        let visits = sample.decide().assignment.visits
        switch router.configuration.name {
        case .topK, .switch, .sigmoid, .stable, .dense:
            let room = sample.decide().capacity ?? .max
            #expect(visits.allSatisfy { $0.expert == $0.slot })
            guard router.configuration.dropPriority != .random else { return }
            #expect(visits.allSatisfy { $0.token < room })
        case .expertChoice: #expect(visits.allSatisfy { $0.token < sample.decide().capacity ?? 0 })
        case .gshard: #expect(visits.allSatisfy { $0.slot > 0 || $0.expert == 0 })
        case .noisyTopK, .base, .hash: return
        }
    }

    @Test(arguments: RouterCase.all) func `a checkpointed state gives the same future to the bit`(
        router: RouterCase
    ) throws {
        let sample = RouterSample(router.configuration)
        for _ in 0..<3 { sample.step() }
        let resumed = RouterSample(router.configuration)
        resumed.batch = sample.batch
        try resumed.router.restore(sample.router.state)
        for _ in 0..<3 {
            sample.step()
            resumed.step()
            #expect(sample.decide().assignment == resumed.decide().assignment)
            #expect(sample.router.state == resumed.router.state)
            #expect(sample.generate() == resumed.generate())
        }
    }
}
