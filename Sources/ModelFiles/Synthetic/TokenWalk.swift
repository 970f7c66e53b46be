import Tensors

/// A way through the vocabulary that a synthetic model's text takes: each token is most likely followed by the next one.
///
/// Left to chance, greedy decoding of random weights soon goes round in a handful of tokens, whose few experts fit into any
/// cache. The walk visits every piece once before it begins again. It stays with a topic for about ten tokens.
package struct TokenWalk: Sendable {
    package static let topicCount = 32
    private static let runLength = 10
    /// Specials and bytes do not come up by themselves: the text would end, or be garbage.
    private static let firstToken = SyntheticVocabulary.firstPiece

    /// By token; −1 for those that are not on the way.
    private let predecessors: [Int32]

    init(vocabularySize: Int, numbers: inout RandomNumbers) {
        let topics = Dictionary(grouping: Self.firstToken..<vocabularySize, by: Self.topic)
        var runs: [ArraySlice<Int>] = []
        for topic in 0..<Self.topicCount {
            let tokens = (topics[topic] ?? []).shuffled(using: &numbers)
            runs += stride(from: 0, to: tokens.count, by: Self.runLength).map { tokens[$0...].prefix(Self.runLength) }
        }
        let way = runs.shuffled(using: &numbers).flatMap(\.self)
        var predecessors = [Int32](repeating: -1, count: vocabularySize)
        for (token, next) in zip(way, way.dropFirst() + way.prefix(1)) { predecessors[next] = Int32(token) }
        self.predecessors = predecessors
    }

    /// The token that this one most likely follows.
    func predecessor(of token: Int) -> Int? {
        let predecessor = predecessors[token]
        return predecessor < 0 ? nil : Int(predecessor)
    }

    /// Which topic a token belongs to, in every model.
    package static func topic(of token: Int) -> Int {
        var numbers = RandomNumbers(seed: 0, stream: UInt64(token))
        return Int(numbers.next() % UInt64(topicCount))
    }
}
