/// The routes of a trace in memory: which experts every token visited in every layer.
///
/// Tokens are numbered in the order in which they passed; those that pass the layers together make a ``Pass``. A metric is
/// a function of a table. Made by a ``RoutingTableBuilder``.
package struct RoutingTable: Sendable {
    /// A text, or another sequence of tokens that belong together.
    package struct Text: Sendable, Equatable {
        package var name: String?
        /// The kind of text, where somebody said.
        package var domain: String?

        package init(name: String? = nil, domain: String? = nil) {
            self.name = name
            self.domain = domain
        }
    }

    /// Tokens that pass all layers together, one layer after the other: a prompt or a part of one, a token that is
    /// written, a batch in training.
    package struct Pass: Sendable, Equatable {
        // A trace has as many passes as tokens were written, so they are kept small.
        private var firstToken: UInt32
        private var count: UInt32
        private var firstPosition: UInt32
        /// Twice the text's index, and one more for a token that was written.
        private var textAndPhase: UInt32

        /// Their numbers in the table.
        package var tokens: Range<Int> {
            get { Int(firstToken)..<Int(firstToken) + Int(count) }
            set { (firstToken, count) = (UInt32(newValue.lowerBound), UInt32(newValue.count)) }
        }
        /// The index of their text.
        package var text: Int { Int(textAndPhase / 2) }
        package var phase: RoutingTraceEntry.Phase { textAndPhase % 2 == 0 ? .prompt : .decode }
        /// The position of the first in its text.
        package var position: Int { Int(firstPosition) }

        init(tokens: Range<Int>, phase: RoutingTraceEntry.Phase, text: Int, position: Int) {
            (firstToken, count) = (UInt32(tokens.lowerBound), UInt32(tokens.count))
            firstPosition = UInt32(clamping: position)
            textAndPhase = UInt32(text) * 2 + (phase == .decode ? 1 : 0)
        }
    }

    /// A layer with experts.
    package struct Layer: Sendable, Equatable {
        /// What the source calls it: most often its number.
        package var name: String
        /// The size of one of its experts, where it is known.
        package var expertBytes: Int?
    }

    /// A choice of a token that a capacity turned away.
    package struct Drop: Sendable, Equatable {
        package var token: UInt32
        /// From 0.
        package var rank: UInt16
    }

    /// The routes of one layer. Token t visits `experts[starts[t]..<starts[t + 1]]`, the one it prefers first.
    package struct Routes: Sendable, Equatable {
        package internal(set) var experts: [UInt16] = []
        /// One more than there are tokens. A token of which the trace says nothing in this layer visits none.
        package internal(set) var starts: [UInt32] = [0]
        /// The weight of every visit; empty where the trace does not tell, NaN where it does not tell of this one.
        package internal(set) var weights: [Float] = []
        /// How decided the gate was, for every token; empty where the trace does not tell.
        package internal(set) var gates: [GateReading] = []
        /// Choices that a capacity turned away: of first choices, of second choices, and so on. They are no visits.
        package internal(set) var dropped: [Int] = []
        /// The same one by one, in the order of the tokens.
        package internal(set) var drops: [Drop] = []

        package func visits(of token: Int) -> Range<Int> { Int(starts[token])..<Int(starts[token + 1]) }
        package func experts(of token: Int) -> ArraySlice<UInt16> { experts[visits(of: token)] }
    }

    package internal(set) var model: String
    /// Experts of each layer.
    package internal(set) var experts: Int
    /// Experts that a token visits: the k of top-k; of routers without a fixed number, the one they aim at.
    package internal(set) var topK: Int
    /// In the order in which tokens pass them.
    package internal(set) var layers: [Layer] = []
    /// One for each layer.
    package internal(set) var routes: [Routes] = []
    package internal(set) var texts: [Text] = []
    package internal(set) var passes: [Pass] = []
    /// The id of every token in the vocabulary; −1 where it is not known.
    package internal(set) var ids: [Int32] = []
    /// What the person who reads a report should know of where it comes from, in whole sentences.
    package internal(set) var remarks: [String] = []

    /// Experts of all layers in a trace; a few lines may speak of more, and every measure would make room for them.
    static let greatestPool = 1 << 20

    package var tokenCount: Int { ids.count }
    /// Visits in all layers.
    package var visitCount: Int { routes.reduce(0) { $0 + $1.experts.count } }

    init(model: String, experts: Int, topK: Int) {
        self.model = model
        self.experts = experts
        self.topK = topK
    }
}

extension RoutingTable {
    /// The domains of the texts, in the order of their first text; empty when no text has one.
    package var domains: [String] {
        var seen: Set<String> = []
        return texts.compactMap(\.domain).filter { seen.insert($0).inserted }
    }

    /// For every token the index of its domain; −1 for a text without one.
    package var domainOfToken: [Int] {
        let places = Dictionary(uniqueKeysWithValues: domains.enumerated().map { ($1, $0) })
        let ofText = texts.map { text in text.domain.flatMap { places[$0] } ?? -1 }
        var domains = [Int](repeating: -1, count: tokenCount)
        for pass in passes { for token in pass.tokens { domains[token] = ofText[pass.text] } }
        return domains
    }

    /// The visits of each expert of a layer.
    ///
    /// - Parameter phase: those of tokens that were read, or written; nil: of all.
    package func load(ofLayer layer: Int, phase: RoutingTraceEntry.Phase? = nil) -> [Int] {
        var load = [Int](repeating: 0, count: experts)
        let routes = routes[layer]
        for pass in passes where phase.map({ $0 == pass.phase }) ?? true {
            let visits = Int(routes.starts[pass.tokens.lowerBound])..<Int(routes.starts[pass.tokens.upperBound])
            for expert in routes.experts[visits] { load[Int(expert)] += 1 }
        }
        return load
    }
}
