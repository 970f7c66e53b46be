/// The tokens of a vocabulary by their logits, the likeliest first, of equals the lower id; put in order only as far as
/// somebody asks, since a draw seldom looks further than a few of them.
///
/// Eight bytes for a token: the tail is in order, backwards, and what is before it a heap (Williams, 1964).
struct Candidates: Sendable {
    struct Candidate: Sendable {
        let token: Int32
        let logit: Float

        fileprivate func isLikelier(than other: Candidate) -> Bool {
            logit > other.logit || (logit == other.logit && token < other.token)
        }
    }

    private var tokens: [Candidate] = []
    /// How many of them form the heap.
    private var unordered = 0

    /// What room for a token takes.
    static let bytesPerToken = MemoryLayout<Candidate>.stride

    var count: Int { tokens.count }
    /// All of them, in an order that follows from what was asked for.
    var all: [Candidate] { tokens }

    /// Begins anew with the tokens of a vocabulary.
    ///
    /// - Parameters:
    ///   - logits: `[vocabulary]`
    ///   - adjusted: takes a token and its logit, and returns the one that counts.
    mutating func fill(_ logits: Span<Float>, adjusted: (Int, Float) -> Float) {
        tokens.removeAll(keepingCapacity: true)
        tokens.reserveCapacity(logits.count)
        for token in logits.indices {
            tokens.append(
                Candidate(token: Int32(truncatingIfNeeded: token), logit: adjusted(token, logits[token])))
        }
        unordered = count
        for parent in (0..<count / 2).reversed() { sink(tokens[parent], from: parent) }
    }

    /// The candidate with so many likelier ones.
    mutating func ranked(_ rank: Int) -> Candidate {
        while count - unordered <= rank {
            unordered -= 1
            let likeliest = tokens[0]
            let last = tokens[unordered]
            if unordered > 0 { sink(last, from: 0) }
            tokens[unordered] = likeliest
        }
        return tokens[count - 1 - rank]
    }

    /// Puts a candidate in the place where nothing below it in the heap is likelier.
    private mutating func sink(_ candidate: Candidate, from start: Int) {
        var place = start
        while case var child = 2 * place + 1, child < unordered {
            if child + 1 < unordered, tokens[child + 1].isLikelier(than: tokens[child]) { child += 1 }
            guard tokens[child].isLikelier(than: candidate) else { break }
            tokens[place] = tokens[child]
            place = child
        }
        tokens[place] = candidate
    }
}
