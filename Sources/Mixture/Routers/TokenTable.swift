package import Tensors

/// How a hash layer's table is made (Roller et al., 2021, arXiv 2106.04426, §3).
package enum HashKind: String, Sendable, Codable, CaseIterable {
    /// Every token id gets an expert by lot.
    case random
    /// The more frequent ids first, each to the expert with the fewest tokens so far.
    case balanced

    /// The expert of each token id.
    ///
    /// - Parameter frequencies: how often each id occurs; the balanced kind goes by them.
    package func table(
        vocabulary: Int, experts: Int, frequencies: [Int]?, random: RandomNumbers
    ) -> [Int] {
        var random = random
        switch self {
        case .random: return (0..<vocabulary).map { _ in Int(random.next() % UInt64(experts)) }
        case .balanced:
            guard let frequencies, frequencies.count == vocabulary else {
                preconditionFailure("a balanced hash of \(vocabulary) ids needs the frequency of each")
            }
            return Self.balanced(frequencies, experts: experts, &random)
        }
    }

    /// Ids of equal frequency come in random order, or two layers would share a table.
    private static func balanced(_ frequencies: [Int], experts: Int, _ random: inout RandomNumbers) -> [Int] {
        let lots = frequencies.map { _ in random.next() }
        let order = frequencies.indices.sorted {
            (-frequencies[$0], lots[$0], $0) < (-frequencies[$1], lots[$1], $1)
        }
        // Of equal loads the expert with fewer ids, so that ids that do not occur are spread, too.
        var loads = [(tokens: Int, ids: Int)](repeating: (0, 0), count: experts)
        var table = [Int](repeating: 0, count: frequencies.count)
        for id in order {
            let lightest = loads.indices.min { loads[$0] < loads[$1] } ?? 0
            table[id] = lightest
            loads[lightest].tokens += frequencies[id]
            loads[lightest].ids += 1
        }
        return table
    }
}
