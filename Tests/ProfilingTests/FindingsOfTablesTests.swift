import Profiling
import Testing

/// What is found of routes as they come.
@Suite struct FindingsOfTablesTests {
    private func findings(_ table: RoutingTable) -> [Finding] { RoutingReport(table, kind: "text").findings }

    @Test func `a collapse comes first, whatever else there is to say`() throws {
        let table = RoutingTable.random(
            experts: 16, topK: 1, layers: 2, texts: 8, tokensPerText: 200, skew: 0.2, domains: ["a", "b"], shift: 1)
        let found = findings(table)
        #expect(found.first?.kind == "collapse" && found.first?.severity == .alarm)
        #expect(found.first?.headline.contains("collapsed") ?? false)
        #expect(!found.contains { $0.kind == "balance" || $0.kind == "imbalance" })
    }

    @Test func `even work is said to be even, before what is only worth knowing`() {
        let found = findings(.random(experts: 8, topK: 2, layers: 2, texts: 8, tokensPerText: 400))
        #expect(found.first?.kind == "balance" && found.first?.severity == .fine)
    }

    @Test func `the same skew is an alarm in a long trace and a notice in a short one`() {
        let long = RoutingTable.random(experts: 16, topK: 1, layers: 1, texts: 8, tokensPerText: 500, skew: 0.75)
        let short = RoutingTable.random(experts: 16, topK: 1, layers: 1, texts: 1, tokensPerText: 100, skew: 0.75)
        #expect(findings(long).first.map { [$0.kind, $0.severity.rawValue] } == ["imbalance", "alarm"])
        let notice = findings(short).first { $0.kind == "imbalance" }
        #expect(notice?.severity == .notice)
        #expect(notice?.detail.contains("So few tokens") ?? false)
    }

    @Test func `domains are found to matter where they do, and not where they do not`() {
        func severity(shift: Int) -> Finding.Severity? {
            findings(
                .random(
                    experts: 8, topK: 2, layers: 1, texts: 16, tokensPerText: 128, skew: 0.6, domains: ["a", "b"],
                    shift: shift)
            ).first { $0.kind == "specialization" }?.severity
        }
        #expect(severity(shift: 4) == .notice)
        #expect(severity(shift: 0) == .fine)
    }

    @Test func `of few texts it is said that they cannot be told from their domains`() throws {
        func report(texts: Int) -> RoutingReport {
            RoutingReport(
                .random(
                    experts: 8, topK: 2, layers: 1, texts: texts, tokensPerText: 128, skew: 0.6, domains: ["a", "b"],
                    shift: 4), kind: "text")
        }
        let words = "stretches of 32 tokens were shuffled"
        for (texts, isSaid) in [(4, true), (16, false)] {
            let report = report(texts: texts)
            let finding = try #require(report.findings.first { $0.kind == "specialization" })
            #expect(finding.severity == .notice && finding.detail.contains(words) == isSaid)
            #expect(ReportPage(report).html.contains("so few that \(words)") == isSaid)
        }
    }

    @Test func `a hot set is one that stays hot`() {
        let hot = RoutingTable.random(experts: 40, topK: 1, layers: 1, texts: 1, tokensPerText: 2000, skew: 0.8)
            .tokenByToken()
        #expect(findings(hot).first { $0.kind == "hot_set" }?.headline.hasPrefix("There is a hot set") ?? false)
        let even = RoutingTable.random(experts: 40, topK: 1, layers: 1, texts: 1, tokensPerText: 2000).tokenByToken()
        #expect(findings(even).first { $0.kind == "hot_set" }?.headline.hasPrefix("No hot set") ?? false)
    }

    @Test func `of two runs it is said which shares its work more evenly, after what is wrong`() throws {
        func report(skew: Double) -> RoutingReport {
            RoutingReport(
                .random(experts: 8, topK: 1, layers: 2, texts: 8, tokensPerText: 400, skew: skew), kind: "text",
                files: ["skew \(skew)"])
        }
        let (even, uneven, collapsed) = (report(skew: 1), report(skew: 0.8), report(skew: 0.2))
        #expect(even.compared(to: uneven).findings[0].headline == "skew 1.0 shares its work more evenly than skew 0.8")
        #expect(even.compared(to: even).findings[0].headline == "This and the other share their work alike")
        let found = collapsed.compared(to: even).findings
        #expect(found[0].kind == "collapse")
        let comparison = try #require(found.first { $0.severity != .alarm })
        #expect(comparison.headline == "skew 0.2 shares its work less evenly than skew 1.0")
        #expect(comparison.detail.contains("there 100 %".replacing(" %", with: "\u{202F}%")), "\(comparison.detail)")
    }

    @Test func `of a dense model there is one thing to say`() {
        let found = findings(.random(experts: 1, topK: 1, layers: 2, texts: 2, tokensPerText: 50, domains: ["a", "b"]))
        #expect(found.map(\.headline) == ["There is one expert, and every token visits it"])
    }

    @Test func `findings are sentences of numbers, without any that is none`() {
        for (experts, topK, tokens) in [(1, 1, 1), (1, 1, 300), (2, 2, 5), (8, 2, 1), (8, 8, 700)] {
            let table = RoutingTable.random(experts: experts, topK: topK, layers: 2, texts: 2, tokensPerText: tokens)
            for finding in findings(table) {
                let text = finding.headline + finding.detail
                #expect(!text.contains("nan") && !text.contains("inf") && !text.contains("–"), "\(text)")
                #expect(!finding.headline.hasSuffix("."), "\(finding.headline)")
            }
        }
    }

    @Test(arguments: [
        (1, "Hardly more uneven than chance makes so few tokens: the busiest has at most 4.00 times the mean"),
        (4000, "The experts share the work evenly: the busiest has at most 1."),
    ])
    func `only many tokens prove that the work is shared`(_ tokens: Int, _ headline: String) throws {
        let table = RoutingTable.random(experts: 8, topK: 2, layers: 1, texts: 1, tokensPerText: tokens, skew: 1)
        let report = RoutingReport(table, kind: "test", files: [])
        let balance = try #require(report.findings.first { $0.kind == "balance" })
        #expect(balance.headline.hasPrefix(headline), "\(balance.headline)")
    }
}
