import Inference
import Testing

@Suite struct StopMatcherTests {
    private func run(_ parts: [String], stops: [String]) -> (text: String, stopped: Bool) {
        var matcher = StopMatcher(stops)
        var text = ""
        for part in parts {
            let (printable, stopped) = matcher.feed(part)
            text += printable
            if stopped { return (text, true) }
        }
        return (text + matcher.finish(), false)
    }

    @Test func `text before a stop string is printed, the stop string is not`() {
        #expect(run(["one END two"], stops: ["END"]) == ("one ", true))
    }

    @Test func `a stop string may come in pieces`() {
        #expect(run(["one E", "N", "D two"], stops: ["END"]) == ("one ", true))
    }

    @Test func `what only looked like a stop string is printed after all`() {
        #expect(run(["one E", "Nough"], stops: ["END"]) == ("one ENough", false))
        #expect(run(["one EN"], stops: ["END"]) == ("one EN", false))
    }

    @Test func `the earliest of several stop strings counts`() {
        #expect(run(["a b c"], stops: ["c", "b"]) == ("a ", true))
    }

    @Test func `a stop string that repeats its own beginning is found`() {
        #expect(run(["aa", "ab"], stops: ["aab"]) == ("a", true))
    }

    @Test func `without stop strings everything is printed at once`() {
        var matcher = StopMatcher([""])
        #expect(matcher.feed("é") == ("é", false))
    }
}
