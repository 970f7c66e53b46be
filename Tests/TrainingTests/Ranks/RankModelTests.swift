import Mixture
import Ranks
import Tensors
import Testing
import Training

/// One model that several ranks train, which are threads here. There are 4 experts and 3 sequences: of 5 ranks some have no
/// experts, and some no tokens.
@Suite struct RankModelTests {
    @Test(arguments: RankSample.all, [2, 3, 5])
    func `ranks route as one program does, and find its gradients`(sample: RankSample, ranks: Int) throws {
        let alone = try sample.firstStep()
        let found = try RankThreads.run(ranks) { try sample.firstStep($0) }
        for rank in found {
            #expect(rank.assignments == alone.assignments)
            #expect(rank.terms == alone.terms)
            #expect(abs(rank.loss - alone.loss) <= 1e-12 * alone.loss)
        }
        for (name, gradient) in alone.gradients {
            let whole = FirstStep.whole(name, of: found)
            // What one rank computes from all tokens has the bits of one program; sums over ranks are other sums.
            if name.contains(".experts.") || name.contains(".router.") {
                #expect(whole == gradient, "\(name)")
            } else {
                #expect(whole.difference(from: gradient) <= 1e-5, "\(name)")
            }
        }
        for name in alone.gradients.keys where name.contains(".router.") {
            #expect(found.allSatisfy { $0.gradients[name] == alone.gradients[name] })
        }
    }

    @Test(arguments: RankSample.all, [2, 5])
    func `weights that travel give the same decisions, and gradients to rounding`(
        sample: RankSample, ranks: Int
    ) throws {
        let alone = try sample.firstStep()
        let found = try RankThreads.run(ranks) { try sample.firstStep($0, .weights) }
        #expect(found.allSatisfy { $0.assignments == alone.assignments })
        for (name, gradient) in alone.gradients {
            #expect(FirstStep.whole(name, of: found).difference(from: gradient) <= 1e-5, "\(name)")
        }
    }

    @Test(arguments: RankSample.all, ExpertTravel.allCases)
    func `the curve of the losses is that of one program`(sample: RankSample, travel: ExpertTravel) throws {
        let alone = try sample.curve(3)
        for ranks in travel == .tokens ? [2, 5] : [3] {
            let found = try RankThreads.run(ranks) { try sample.curve(3, $0, travel) }[0]
            #expect(found.count == alone.count)
            for (loss, expected) in zip(found, alone) {
                #expect(abs(loss - expected) <= 1e-5 * expected, "\(ranks) ranks: \(found), alone \(alone)")
            }
        }
    }

    @Test(arguments: [2, 3, 5])
    func `a rank holds its own experts alone`(ranks: Int) throws {
        let sample = RankSample(.topK)
        let alone = try sample.firstStep()
        let found = try RankThreads.run(ranks) { try sample.firstStep($0) }
        // 2 layers of 4 experts of 3 matrices of 24 × 16; gaps between tensors are no more than 15 numbers.
        let experts = 2 * 4 * 3 * 24 * 16
        #expect(found.reduce(0) { $0 + $1.heldNumbers } == ranks * (alone.heldNumbers - experts) + experts)
        let parts = found.map { $0.parts["layers.1.experts.down"]! }
        #expect(parts.map(\.lowerBound) == [0] + parts.dropLast().map(\.upperBound) && parts.last?.upperBound == 4)
    }

    @Test func `experts begin with the same numbers on whatever rank`() throws {
        let sample = RankSample(.topK)
        @Sendable func numbers(_ communicator: Communicator?) throws -> [Float] {
            let model = try sample.model(communicator)
            return model.parameters["layers.1.experts.up"].withValues { values in values.indices.map { values[$0] } }
        }
        let alone = try numbers(nil)
        #expect(try RankThreads.run(3) { try numbers($0) }.flatMap(\.self) == alone)
    }

    @Test func `a rank that fails in the middle ends all of them`() throws {
        struct Unplugged: Error, CustomStringConvertible { let description = "unplugged" }
        let sample = RankSample(.topK)
        let failure = #expect(throws: RankFailure.self) {
            _ = try RankThreads.run(3) { communicator in
                _ = try sample.firstStep(communicator)
                if communicator.rank == 1 { throw Unplugged() }
                _ = try sample.firstStep(communicator)
            }
        }
        #expect(failure?.description == "rank 1 failed: unplugged")
    }
}
