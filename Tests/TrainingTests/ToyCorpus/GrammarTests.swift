import Foundation
import Tensors
import Testing
import Training

@Suite struct GrammarTests {
    /// Two stories. "fruit" is drawn only where it is eaten, and "who" twice from one table.
    private let grammar = Grammar(
        """
        who, friend (; .his) = Ann; her | Bob; his | Cy; his
        fruit = apple | 3* pear

        <end>
        > They slept.
        | The end.

        = eating
        > {who} ate {fruit:a}.
        | {who} slept.
        > {friend} ate the {fruit}.

        > <end>

        = walking
        # Always the same but for the names.
        > {who} and {friend} went {who.his} way.
        """)

    private func texts(_ grammar: Grammar, count: Int, seed: UInt64 = 1) -> [(text: String, nats: Double)] {
        var random = RandomNumbers(seed: seed)
        return (0..<count).map { _ in
            var text: [UInt8] = []
            let nats = grammar.write(into: &text, using: &random)
            return (String(decoding: text, as: UTF8.self), nats)
        }
    }

    @Test func `a small grammar has the entropy that a pencil finds`() {
        // Which story: ln 2. Names: ln 3 + ln 2 in both. In the first, two ways to begin and two to end, and a fruit,
        // which is mentioned whichever way it begins: H(1/4, 3/4).
        let fruit = -0.25 * log(0.25) - 0.75 * log(0.75)
        let expected = log(2.0) + log(6.0) + 0.5 * (2 * log(2.0) + fruit)
        #expect(abs(grammar.entropy.nats - expected) < 1e-12)
        // Names have 8/3 letters in the mean, "his" and "her" 3, fruits 17/4, their articles 2 1/4.
        let (name, eaten) = (8.0 / 3, 17.0 / 4)
        let beginning = (name + 5 + 2.25 + eaten + 1 + name + 7) / 2
        let eating = beginning + 1 + name + 9 + eaten + 1 + 1 + (11.0 + 8) / 2
        #expect(abs(grammar.entropy.characters - (eating + name + 5 + name + 6 + 3 + 5) / 2) < 1e-12)
    }

    @Test func `a choice that was not come by costs nothing`() {
        let grammar = Grammar(
            """
            = one
            colour = red | blue | green | gold
            > A {colour} one.
            | Nothing.
            """)
        #expect(abs(grammar.entropy.nats - (log(2) + 0.5 * log(4))) < 1e-12)
        #expect(texts(grammar, count: 20).allSatisfy { ($0.text == "Nothing.") == ($0.nats == log(2)) })
    }

    @Test func `rows that mention others carry them along`() {
        let grammar = Grammar(
            """
            who = Ann | Bob

            = one
            deed = saw {who} | slept well | ran
            > I {deed}. I {deed} again.
            """)
        #expect(abs(grammar.entropy.nats - (log(3) + log(2) / 3)) < 1e-12)
        #expect(abs(grammar.entropy.characters - (2.0 * (7 + 10 + 3) / 3 + 4 + 11 - 2)) < 1e-12)
    }

    @Test func `names and things agree from beginning to end`() {
        for (text, nats) in texts(grammar, count: 200) {
            #expect(grammar.derivations(of: Array(text.utf8)).count == 1)
            #expect(abs(grammar.derivations(of: Array(text.utf8))[0] - nats) < 1e-12)
        }
        #expect(grammar.derivations(of: Array("Ann and Bob went her way.".utf8)).count == 1)
        #expect(grammar.derivations(of: Array("Ann and Bob went his way.".utf8)).isEmpty)
        #expect(grammar.derivations(of: Array("Ann and Ann went her way.".utf8)).isEmpty)
    }

    @Test func `the chances of all texts make one`() {
        let all = Dictionary(texts(grammar, count: 4000).map { ($0.text, $0.nats) }) { one, _ in one }
        // 6 pairs of names: 2 ways to begin × 2 fruits × 2 ends and one walk.
        #expect(all.count == 6 * 9)
        #expect(abs(all.values.reduce(0) { $0 + exp(-$1) } - 1) < 1e-12)
        #expect(abs(all.values.reduce(0) { $0 + $1 * exp(-$1) } - grammar.entropy.nats) < 1e-12)
    }
}
