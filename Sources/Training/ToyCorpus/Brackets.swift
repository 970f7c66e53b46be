import Tensors

#if canImport(Glibc)
    import Glibc
#endif

/// Brackets of three kinds that close as they opened: `([]{})`.
///
/// A walk over depths: at depth 0 a bracket opens (always at the start, later with `goesOn`, or the text ends); at
/// `deepest` one closes; in between one opens with `opens`. Every kind of bracket is as likely as the others.
struct Brackets: ToyDomain {
    let name = "brackets"

    private static let kinds: [(open: UInt8, close: UInt8)] = [
        (UInt8(ascii: "("), UInt8(ascii: ")")), (UInt8(ascii: "["), UInt8(ascii: "]")),
        (UInt8(ascii: "{"), UInt8(ascii: "}")),
    ]
    private static let deepest = 6
    private static let opens = 0.45
    private static let goesOn = 0.75

    /// What is still to come from each depth follows from the depths beside it: linear equations, which one pass of
    /// elimination solves. f(d) = h(d) + opens × f(d + 1) + closes × f(d - 1), where f(d) = a(d) + b(d) × f(d - 1).
    var entropy: DocumentEntropy {
        let kind = log(Double(Self.kinds.count))
        let choice = Self.entropy(Self.opens)
        let nats = fromDepthOne(
            atDepth: choice + Self.opens * kind, atDeepest: 0,
            atEnd: Self.entropy(Self.goesOn) + Self.goesOn * kind, atStart: kind)
        let length = fromDepthOne(atDepth: 1, atDeepest: 1, atEnd: Self.goesOn, atStart: 1)
        return DocumentEntropy(nats: nats, characters: length)
    }

    /// The mean sum over a walk of what each of its steps adds.
    private func fromDepthOne(atDepth: Double, atDeepest: Double, atEnd: Double, atStart: Double) -> Double {
        var (a, b) = (atDeepest, 1.0)
        for _ in 1..<Self.deepest {
            let rest = 1 - Self.opens * b
            (a, b) = ((atDepth + Self.opens * a) / rest, (1 - Self.opens) / rest)
        }
        // f(1) = a + b × f(0) and f(0) = atEnd + goesOn × f(1).
        let one = (a + b * atEnd) / (1 - b * Self.goesOn)
        return atStart + one
    }

    private static func entropy(_ chance: Double) -> Double {
        -chance * log(chance) - (1 - chance) * log(1 - chance)
    }

    func write(into text: inout [UInt8], using random: inout RandomNumbers) -> Double {
        var open: [Int] = []
        var nats = 0.0
        var isStart = true
        while true {
            let chance = isStart ? 1 : open.isEmpty ? Self.goesOn : open.count == Self.deepest ? 0 : Self.opens
            let isOpening = Double.random(in: 0..<1, using: &random) < chance
            nats -= log(isOpening ? chance : 1 - chance)
            isStart = false
            if isOpening {
                let kind = Int.random(in: 0..<Self.kinds.count, using: &random)
                nats += log(Double(Self.kinds.count))
                text.append(Self.kinds[kind].open)
                open.append(kind)
            } else if let kind = open.popLast() {
                text.append(Self.kinds[kind].close)
            } else {
                return nats
            }
        }
    }
}
