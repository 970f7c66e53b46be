/// One operation of all ranks, as errors name it: "all-to-all of layer 7".
package struct Step: Sendable, CustomStringConvertible {
    let operation: Operation
    let occasion: Occasion

    /// What ranks do together.
    enum Operation: Int, Sendable {
        case allToAll, allGather, reduceScatter, allReduce, broadcast, barrier, arrivals

        var name: String {
            switch self {
            case .allToAll: "all-to-all"
            case .allGather: "all-gather"
            case .reduceScatter: "reduce-scatter"
            case .allReduce: "all-reduce"
            case .broadcast: "broadcast"
            case .barrier: "barrier"
            case .arrivals: "times of arrival"
            }
        }
    }

    package var description: String { "\(operation.name) of \(occasion)" }

    /// A number that all ranks give to this step as their `turn`, and hardly ever to another: FNV-1a in 15 bits, which is
    /// what every MPI has for tags.
    func tag(turn: Int) -> Int32 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        Self.mix(UInt64(truncatingIfNeeded: turn), into: &hash)
        Self.mix(UInt64(operation.rawValue), into: &hash)
        occasion.mix(into: &hash)
        return Int32((hash ^ hash >> 15 ^ hash >> 30 ^ hash >> 45) & 0x7FFF)
    }

    fileprivate static func mix(_ value: UInt64, into hash: inout UInt64) { hash = (hash ^ value) &* 0x100_0000_01B3 }
}

/// What ranks do something for.
package struct Occasion: Sendable, CustomStringConvertible {
    private let name: StaticString
    private let number: Int?

    /// - Parameter name: with its article where no number follows, as in "the loads".
    package init(_ name: StaticString, _ number: Int? = nil) {
        self.name = name
        self.number = number
    }

    package static let start = Occasion("the start")
    package static let end = Occasion("the end")
    package static func layer(_ layer: Int) -> Occasion { Occasion("layer", layer) }

    package var description: String { number.map { "\(name) \($0)" } ?? "\(name)" }

    fileprivate func mix(into hash: inout UInt64) {
        name.withUTF8Buffer { for byte in $0 { Step.mix(UInt64(byte), into: &hash) } }
        Step.mix(UInt64(truncatingIfNeeded: number ?? -1), into: &hash)
    }
}
