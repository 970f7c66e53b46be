import Foundation
import Mixture
import Testing

@Suite struct StrategyDictionaryTests {
    private let key = LoadKey(LayerCall(layer: 3, phase: .decode, tokens: 1, experts: 8, visits: [1, 1]))

    private func key(layer: Int) -> LoadKey {
        LoadKey(LayerCall(layer: layer, phase: .decode, tokens: 1, experts: 8, visits: [1, 1]))
    }

    /// Lets calls take what `seconds` says of an arm.
    ///
    /// - Returns: the arms that were taken.
    @discardableResult private func run(
        _ dictionary: inout StrategyDictionary, _ calls: Int, predicted: [Double?], key: LoadKey? = nil,
        _ seconds: (_ call: Int, _ arm: Int) -> Double
    ) -> [Int] {
        (0..<calls).map { call in
            let arm = dictionary.choose(key ?? self.key) {
                predicted.enumerated().map { StrategyDictionary.Arm(name: "\($0)", predicted: $1) }
            }
            dictionary.record(key ?? self.key, arm: arm, seconds: seconds(call, arm))
            return arm
        }
    }

    @Test func `the fastest is found with few turns of the others`() {
        var dictionary = StrategyDictionary()
        let taken = run(&dictionary, 200, predicted: [nil, nil, nil, nil]) { _, arm in [3, 1, 2, 1.5][arm] }
        #expect(dictionary[key]?.best == 1)
        #expect(taken.count { $0 != 1 } <= 10)
    }

    @Test func `what is predicted to be slow has no turn at first, and one now and then`() {
        var dictionary = StrategyDictionary()
        let taken = run(&dictionary, 1000, predicted: [1, 1.2, 5]) { _, arm in [1, 1.2, 5][arm] }
        #expect(!taken.prefix(150).contains(2))
        #expect((1...4).contains(taken.count { $0 == 2 }))
        let seconds = taken.reduce(0.0) { $0 + [1, 1.2, 5][$1] }
        #expect(seconds < 1020)
    }

    @Test func `a wrong prediction is found out`() {
        var dictionary = StrategyDictionary()
        run(&dictionary, 1000, predicted: [1, 2]) { _, arm in [1, 0.8][arm] }
        #expect(dictionary[key]?.best == 1)
    }

    @Test func `a first call that was held up bans no strategy`() {
        var dictionary = StrategyDictionary()
        var seen: Set<Int> = []
        let taken = run(&dictionary, 300, predicted: [nil, nil]) { _, arm in
            seen.insert(arm).inserted && arm == 1 ? 5 : [1.2, 1][arm]
        }
        #expect(dictionary[key]?.best == 1)
        #expect(taken.suffix(50).count { $0 == 1 } >= 49)
    }

    @Test func `now and then a call that is held up makes it take no other`() {
        var dictionary = StrategyDictionary()
        let taken = run(&dictionary, 1000, predicted: [1, 1.25]) { call, arm in
            call % 50 == 49 ? 30 : [1, 1.25][arm]
        }
        #expect(taken.dropFirst(30).count { $0 == 1 } < 30)
    }

    @Test func `one that becomes slow is left at once`() {
        var dictionary = StrategyDictionary()
        run(&dictionary, 500, predicted: [nil, nil, nil]) { _, arm in [1, 1.4, 2][arm] }
        let taken = run(&dictionary, 100, predicted: []) { _, arm in [3, 1.4, 2][arm] }
        #expect(taken.prefix(30).count { $0 == 0 } <= 15)
        #expect(taken.suffix(50).count { $0 == 1 } >= 47)
    }

    @Test(arguments: [0.2, 0.5, 0.8]) func `one that becomes fast is found within a few hundred calls`(seconds: Double)
    {
        var dictionary = StrategyDictionary()
        run(&dictionary, 2000, predicted: [nil, nil, nil]) { _, arm in [1, 1.4, 2][arm] }
        #expect(dictionary[key]?.best == 0)
        run(&dictionary, 300, predicted: []) { _, arm in [1, 1.4, seconds][arm] }
        #expect(dictionary[key]?.best == 2)
    }

    @Test func `calls that tell nothing keep no strategy that nobody knows`() {
        var dictionary = StrategyDictionary()
        run(&dictionary, 1, predicted: [nil, nil, nil]) { _, _ in 1 }
        let taken = (0..<50).map { _ in dictionary.choose(key) { [] } }
        #expect(taken.dropFirst().allSatisfy { $0 == 0 })
    }

    @Test func `layers that learned from one another try others at different times`() throws {
        var dictionary = StrategyDictionary()
        run(&dictionary, 100, predicted: [nil, nil], key: key(layer: 0)) { _, arm in [1, 2][arm] }
        let entry = try #require(dictionary[key(layer: 0)])
        for layer in 1..<48 { dictionary.adopt(key(layer: layer), entry) }
        var together = [Int](repeating: 0, count: 400)
        for layer in 0..<48 {
            let taken = run(&dictionary, 400, predicted: [], key: key(layer: layer)) { _, arm in [1, 2][arm] }
            for (call, arm) in taken.enumerated() where arm == 1 { together[call] += 1 }
        }
        #expect(together.reduce(0, +) >= 100)
        #expect(together.max()! <= 4)
    }

    @Test func `it is read back as it was, and what cannot be is noticed`() throws {
        var dictionary = StrategyDictionary()
        run(&dictionary, 50, predicted: [nil, 2]) { _, arm in [1, 2][arm] }
        run(&dictionary, 50, predicted: [nil, nil, nil], key: key(layer: 4)) { _, arm in [3, 1, 2][arm] }
        let text = String(decoding: try JSONEncoder().encode(dictionary), as: UTF8.self)
        func read(_ text: String) throws -> StrategyDictionary {
            try JSONDecoder().decode(StrategyDictionary.self, from: Data(text.utf8))
        }
        var again = try read(text)
        #expect(again[key]?.arms == dictionary[key]?.arms && again.entries.count == 2 && again.isSound)
        let taken = run(&again, 200, predicted: []) { _, arm in [1, 2][arm] }
        let expected = run(&dictionary, 200, predicted: []) { _, arm in [1, 2][arm] }
        #expect(taken == expected && taken.contains(1))
        for (field, damaged) in [
            ("\"best\":0", "\"best\":7"), ("\"best\":1", "\"best\":-1"), ("\"calls\":50", "\"calls\":-50"),
        ] {
            #expect(text.contains(field))
            #expect(try !read(text.replacing(field, with: damaged)).isSound)
        }
    }
}
