/// One operation of all ranks, as errors name it: "all-to-all of layer 7".
package struct Step: Sendable, Hashable, CustomStringConvertible {
    let operation: Operation
    let occasion: Occasion

    /// What ranks do together. The numbers keep messages of different operations apart.
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
}

/// What ranks do something for.
package struct Occasion: Sendable, Hashable, CustomStringConvertible {
    private let name: Name
    private let number: Int?

    /// - Parameter name: with its article where no number follows, as in "the loads".
    package init(_ name: StaticString, _ number: Int? = nil) {
        self.name = Name(text: name)
        self.number = number
    }

    package static let start = Occasion("the start")
    package static let end = Occasion("the end")
    package static func layer(_ layer: Int) -> Occasion { Occasion("layer", layer) }

    package var description: String { number.map { "\(name.text) \($0)" } ?? "\(name.text)" }
}

/// A static string that can be compared; it costs nothing to make.
private struct Name: Sendable, Hashable {
    let text: StaticString

    static func == (left: Name, right: Name) -> Bool { left.text.description == right.text.description }
    func hash(into hasher: inout Hasher) { hasher.combine(text.description) }
}
