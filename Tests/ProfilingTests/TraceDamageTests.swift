import Profiling
import Testing

/// Lines with something wrong, and how the complaint about them begins.
struct TraceDamage: CustomTestStringConvertible {
    let text: String
    let complaint: String
    var testDescription: String { complaint }

    init(_ lines: String..., says complaint: String) {
        text = lines.joined(separator: "\n") + "\n"
        self.complaint = complaint
    }

    func check() throws {
        let found = try TraceFolder().complaint(about: text)
        #expect(found.hasPrefix(complaint), "\(found)")
    }
}

@Suite struct OffstageTraceDamageTests {
    private static let header = String(TraceSamples.offstage.prefix { $0 != "\n" })

    private static func entry(
        token: Int = 0, layer: Int = 0, experts: String = "[1]", phase: String = "prompt"
    ) -> String {
        #"{"phase":"\#(phase)","token":\#(token),"id":1,"layer":\#(layer),"experts":\#(experts)}"#
    }

    private static let damage = [
        TraceDamage(header, says: "t holds a header and no routes"),
        TraceDamage(header, entry(experts: "[4]"), says: "t, line 2: the expert is 4; it can be 0 to 3"),
        TraceDamage(header, entry(experts: "[1,1]"), says: "t, line 2: the token visits expert 1 twice"),
        TraceDamage(header, entry(experts: "[99999999999999999999]"), says: "t, line 2: the expert is 9999"),
        TraceDamage(header, entry(experts: "[1,2,3,0,1]"), says: "t, line 2: there are more than 4 of the experts"),
        TraceDamage(header, entry(layer: 2), says: "t, line 2: the layer is 2; it can be 0 to 1"),
        TraceDamage(header, entry(token: -1), says: "t, line 2: the token is -1; it can be 0 to 2147483647"),
        TraceDamage(header, entry(phase: "dream"), says: #"t, line 2: found ""dream","#),
        TraceDamage(header, #"{"phase":"decode"}"#, says: #"t, line 2: "{"phase":"decode"}" lacks one of the fields"#),
        TraceDamage(header, entry() + "x", says: #"t, line 2: found "x" where the end of the line should be"#),
        TraceDamage(header, "{", says: "t, line 2: the line ends where the name of a field should be"),
        TraceDamage(header, header, says: "t, line 2: a second header; give the traces one by one"),
        TraceDamage(header, #"{"text":7}"#, says: "t, line 2: 7 is no text"),
        TraceDamage(
            header, entry(), entry(token: 1), entry(layer: 1), entry(),
            says: "t, line 5: layer 1 has only 1 of the 2 tokens of the pass that begins in line 2"),
        TraceDamage(
            header, entry(), entry(token: 1, layer: 1),
            says: "t, line 3: token 1 with the id 1 is not the next of the pass that begins in line 2"),
        TraceDamage(
            header, entry(), entry(layer: 1), entry(token: 1), entry(token: 2),
            says: "t, line 5: the file ends here, in layer 0 of the pass that begins in line 4; the last is layer 1."),
        TraceDamage(
            header, entry(), entry(layer: 1), entry(token: 1), entry(phase: "decode"),
            says: "t, line 5: the pass that begins in line 4 ends with layer 0, the ones before it with layer 1"),
        TraceDamage(
            header.replacing("4", with: "70000"),
            says: #"t, line 1: the header's "experts" is 70000; it can be 1 to 65535"#),
        TraceDamage(
            header.replacing(":2,\"model", with: ":0,\"model"),
            says: #"t, line 1: the header's "layers" is 0; it can be 1 to 4096"#),
        TraceDamage(
            header.replacing("on\":1", with: "on\":9"), says: "t is a routing trace of version 9; this program"),
    ]

    @Test(arguments: damage) func `damage is named by its line`(damage: TraceDamage) throws { try damage.check() }
}

@Suite struct MegatronTraceDamageTests {
    private static func record(
        _ rows: String, layer: Int = 0, topK: Int = 2, tokens: Int? = nil, step: String = "0"
    ) -> String {
        let count = tokens.map { "\"num_tokens\":\($0)," } ?? ""
        return #"{"step":\#(step),"stage":"s","layer":\#(layer),"topk":\#(topK),\#(count)"top_indices":\#(rows)}"#
    }

    private static let damage = [
        TraceDamage(record("[[65535]]"), says: "t, line 1: the expert is 65535; it can be 0 to 65534"),
        TraceDamage(record("[[-1]]"), says: "t, line 1: the expert is -1"),
        TraceDamage(record("[[1,2]]", topK: 1), says: "t, line 1: token 0 has 2 experts, but topk is 1"),
        TraceDamage(record("[[1],[2,2]]"), says: "t, line 1: token 1: the token visits expert 2 twice"),
        TraceDamage(record("[[2]]", layer: 9999), says: "t, line 1: the layer is 9999; it can be 0 to 4095"),
        TraceDamage(record("[[2]]", step: "1.5"), says: "t, line 1: found \".5,"),
        TraceDamage(
            #"{"step":0,"stage":"s","layer":0,"topk":2}"#,
            says: "t, line 1: \"{\"step\":0,\"stage\":\"s\",\"l…\" lacks one of step, layer, topk"),
        TraceDamage(record("[]"), says: "t holds no whole record"),
        TraceDamage(
            record("[[2]]"), record("[]", layer: 1), says: "t, line 2: layer 1 has 0 tokens, the layers before"),
        TraceDamage(record("[[2]]", tokens: 3), says: "t, line 1: num_tokens is 3, but top_indices has 1 rows"),
        TraceDamage(record("[[2]"), says: "t, line 1: found \"}\" where \"]\" should be"),
        TraceDamage(
            record("[[2],[3]]"), record("[[2]]", layer: 1),
            says: "t, line 2: layer 1 has 1 tokens, the layers before it in step 0 have 2"),
        TraceDamage(record("[[2]]"), record("[[2]]", topK: 3), says: "t, line 2: the topk is 3, but 2 in"),
        TraceDamage(record("[[2]]"), "0,1", says: "t, line 2: found \"0,1\" where \"{\" should be"),
    ]

    @Test(arguments: damage) func `damage is named by its line`(damage: TraceDamage) throws { try damage.check() }
}

@Suite struct LlamaTraceDamageTests {
    private static let damage = [
        TraceDamage("0,1", "0,x", says: "t, line 2: found \"x\" where expert should be"),
        TraceDamage("0,1", "0", says: "t, line 2: the line ends where \",\" should be"),
        TraceDamage("0,1", "0,1,2", says: "t, line 2: found \",2\" where the end of the line should be"),
        TraceDamage("0,1", "5000,1", says: "t, line 2: the layer is 5000; it can be 0 to 4095"),
        TraceDamage("0,1", "-1,1", says: "t, line 2: the layer is -1"),
        TraceDamage("0,1", "0,65535", says: "t, line 2: the expert is 65535; it can be 0 to 65534"),
        TraceDamage(
            "0,1", "0,2", says: "t, lines 1 to 2: tried to find out how many experts a token visits, but there is"),
        TraceDamage("0,1", "0,2", "1,1", "1,2", "1,3", "0,1", says: "t, lines 1 to 6: tried to find out"),
        TraceDamage("0,1", "0,2", "1,1", "1,1", "0,1", "0,2", says: "t, line 4: a token visits the same expert twice"),
        TraceDamage("0,1", "0,2", "1,1", "1,2", "0,1", says: "t, line 5: the file ends after 1 of the 2 experts"),
        TraceDamage("0,1", "0,2", TraceSamples.megatron, says: "t, line 3: found"),
    ]

    @Test(arguments: damage) func `damage is named by its line`(damage: TraceDamage) throws { try damage.check() }
}

@Suite struct RouteTraceDamageTests {
    private static let start = """
        # route_trace v1
        # n_layer=2 n_expert=4 n_expert_used=2
        turn,phase,step,layer,slot,expert
        """

    private static let damage = [
        TraceDamage(start, "0,0,0,0,0,4", says: "t, line 4: the expert is 4; it can be 0 to 3"),
        TraceDamage(start, "0,0,0,0,0,-1", says: "t, line 4: the expert is -1; only a dropped choice has none"),
        TraceDamage(start, "0,0,0,2,0,0", says: "t, line 4: the layer is 2; it can be 0 to 1"),
        TraceDamage(start, "0,2,0,0,0,0", says: "t, line 4: found \"2,0,0,0,0\" where the phase should be"),
        TraceDamage(start, "0,0,0,0,0", says: "t, line 4: the line ends where \",\" should be"),
        TraceDamage(start, "0,0,0,0,0,1,2", says: "t, line 4: found \",2\" where the end of the line should be"),
        TraceDamage(
            start, "0,0,0,0,0,1", "0,0,0,0,0,2", says: "t, line 5: slot 0 of step 0 in layer 0 comes after slot 0"),
        TraceDamage(start, "0,0,0,0,0,1", "0,0,0,0,1,1", says: "t, line 5: the token visits expert 1 twice"),
        TraceDamage(
            start, "0,0,0,0,0,1", "0,0,1,1,0,1", says: "t, line 5: step 1 of layer 1 is not of the pass under way"),
        TraceDamage(start, "0,0,9,0,0,1", "0,1,4,0,0,1", says: "t, line 5: step 4 comes after step 9 of the same text"),
        TraceDamage(
            start, "0,0,1,0,0,1", "0,0,2,0,0,1", "0,0,2,1,0,1", "0,0,1,1,0,1", "0,1,3,0,0,1",
            says: "t, line 7: this token has had its turn"),
        TraceDamage(start.replacing("slot", with: "place"), says: "t, line 3: tried to find the names of the columns"),
        TraceDamage(start.replacing("slot", with: "step"), says: "t, line 3: two columns are called step"),
        TraceDamage(start, says: "t holds no routes"),
        TraceDamage(
            start.replacing("expert=4", with: "expert=x"), says: "t, line 2: n_expert is x; it can be 1 to 65535"),
        TraceDamage(
            start.replacing("used=2", with: "used=9"), says: "t, line 2: n_expert_used is 9, but there are only 4"),
    ]

    @Test(arguments: damage) func `damage is named by its line`(damage: TraceDamage) throws { try damage.check() }
}
