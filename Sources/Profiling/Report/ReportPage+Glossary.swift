extension ReportPage {
    private struct Term {
        var name: String
        var meaning: String
        var formula: String = ""
        var source: String = ""
    }

    /// Every measure once.
    var glossary: HTMLPage.Section? {
        let entries = Self.terms.map { term in
            let formula = term.formula.isEmpty ? "" : " <span class=\"source\">\(term.formula.escapedForHTML)</span>"
            let source = term.source.isEmpty ? "" : "<dd class=\"source\">\(term.source.escapedForHTML)</dd>"
            return """
                <div><dt>\(term.name.escapedForHTML)\(formula)</dt><dd>\(term.meaning.escapedForHTML)</dd>\(source)</div>
                """
        }
        return HTMLPage.Section(
            id: "words", title: "What the words mean",
            body: [
                HTMLPage.paragraph(
                    "n is the visits of an expert, E the experts of a layer, k the experts that a token visits."),
                "<dl class=\"glossary\">\(entries.joined(separator: "\n"))</dl>",
            ])
    }

    private static let terms = [
        Term(
            name: "Fair share", meaning: "What every expert would do if all did the same: the mean load of the layer.",
            formula: "Σn / E"),
        Term(
            name: "max/mean",
            meaning:
                "How many times its fair share the busiest expert does. 1 when all are equal; it cannot exceed E / k, which "
                + "is when all tokens visit the same k experts. MaxVio is this less 1.",
            formula: "max n / (Σn / E)", source: "Wang et al., 2024, arXiv 2408.15664"),
        Term(
            name: "Coefficient of variation",
            meaning:
                "The standard deviation of the loads over their mean: 0 when all are equal, √(E / k − 1) when all tokens visit "
                + "the same k experts.",
            formula: "σ / μ"),
        Term(
            name: "Gini",
            meaning:
                "Half the mean difference of two loads over the mean load: 0 when all are equal, 1 − k / E when all tokens "
                + "visit the same k experts.",
            formula: "Σ|nᵢ − nⱼ| / (2 E Σn)", source: "Gini, 1912"),
        Term(
            name: "Normalized entropy, effective experts",
            meaning:
                "The entropy of the shares over its greatest: 1 when all are equal, ln k / ln E when all tokens visit the same "
                + "k experts. Its exponential is as many experts with equal loads as would have that entropy: from k to E.",
            formula: "−Σ p ln p / ln E, exp(−Σ p ln p)", source: "Shannon, 1948"),
        Term(
            name: "Idle experts",
            meaning:
                "Experts that no token visited, at most E − k of a layer. Few tokens leave some idle by chance alone."),
        Term(
            name: "Dropped choices",
            meaning:
                "Of a token's first choices, of its second ones and so on, the share that a capacity turned away: 0 when none."
        ),
        Term(
            name: "By chance",
            meaning:
                "What a router without any preference would show of as many tokens, on average: few visits look uneven."
        ),
        Term(
            name: "95 % confidence",
            meaning:
                "Where a number lies in all the text of which the tokens are a sample. The tokens are cut into blocks of neighbors, since "
                + "neighbors are alike; as many blocks are drawn anew, some twice and some not at all, and measured again, "
                + "many times. A redrawn trace is to this one what this one is to the text it came from, so what lies above "
                + "the number in redrawn ones goes below it here, and the other way around. The divergence of a stretch, which "
                + "has few blocks, has an interval by Student's t instead, of what each block adds to it. What was chosen by the same tokens "
                + "is given: a token's favorite expert, the busiest experts of the first half, the "
                + "layer where something is greatest. "
                + "The interval of a mean over layers is the mean of their intervals, rather too wide than too narrow. Mutual "
                + "information and divergence hold what chance adds to them, and so do their intervals; therefore they are "
                + "held against shuffled labels and blocks as well, whose own numbers have no interval. Of few tokens in long "
                + "stretches that are alike, intervals are too narrow. So are those of what hardly comes: a redrawn trace has "
                + "nobody visit an expert that nobody visited here, though other text of the same kind might.",
            source: "Block bootstrap: Carlstein, 1986; reflection: Davison and Hinkley, 1997, section 5.2"),
        Term(
            name: "Confidence, margin, entropy of a gate",
            meaning:
                "The weight of the first expert, how far the second is behind, and how spread the weights are over the most "
                + "that they could be; means over tokens. Confidence says nothing of balance."),
        Term(
            name: "Coming together",
            meaning:
                "P(j | i), the share of the tokens of expert i that also visit j. Without preference it is (k − 1) / (E − 1). "
                + "Neighboring ranks count only a token's first with its second expert, its second with its third, and so on. "
                + "Over independence is how many times as often a pair comes as the loads of its two experts would have it.",
            source: "Muennighoff et al., 2024, OLMoE, arXiv 2409.02060"),
        Term(
            name: "Mutual information",
            meaning:
                "What the expert tells of the label (a domain, a token), in nats: 0 when nothing, the entropy of the labels "
                + "when all. Few tokens make it too high, so it is held against shuffled labels. Those of domains are shuffled "
                + "among whole texts, or the windows that a text was read in, since each has ways of its own; among stretches of "
                + "\(LabeledUnits.mostTokens) tokens where texts are too few.",
            formula: "Σ p(e, l) ln p(e, l) / (p(e) p(l))", source: "Shannon, 1948"),
        Term(
            name: "Guessed experts",
            meaning:
                "The share of the next layer's visits that are among as many guesses as a token has visits there: the experts "
                + "that most often follow those of the layer before, or by popularity those that are visited most. All is "
                + "guessed right at 100\u{202F}%; by chance k / E is."),
        Term(
            name: "Hit rate",
            meaning:
                "The share of requests for an expert that a memory of some size would have served. Least recently used "
                + "gives up what was not needed for longest; the best possible knows the future; pinned has what was visited "
                + "most in the first half there from the beginning.",
            source: "Mattson et al., 1970; Belady, 1966"),
        Term(
            name: "Working set, reuse distance",
            meaning:
                "Different experts within as many tokens in a row, and different experts between two requests for the same.",
            source: "Denning, 1968; Mattson et al., 1970"),
        Term(
            name: "Hot set",
            meaning:
                "The fewest experts that have half, 80\u{202F}% and 90\u{202F}% of the visits, and the share of the visits that the "
                + "busiest tenth has; a tenth when all are alike."),
        Term(
            name: "Jensen–Shannon divergence",
            meaning:
                "How far the load of a stretch is from that of the rest, in bits: 0 when equal, 1 when they share no expert.",
            source: "Lin, 1991"),
        Term(
            name: "Saturation",
            meaning: "The share of a token's experts that it also has at the last checkpoint; 1 at the end.",
            source: "Muennighoff et al., 2024, OLMoE, arXiv 2409.02060, section 5.1"),
        Term(
            name: "Fluctuation, settled",
            meaning:
                "The share of tokens whose first expert is not that of the checkpoint before, and the share whose first "
                + "expert stays what it is from here on.",
            source: "Dai et al., 2022, StableMoE, arXiv 2204.08396"),
        Term(
            name: "Agreement",
            meaning:
                "The share of a token's experts in training that it also has in generation: 1 when both route alike."),
    ]
}
