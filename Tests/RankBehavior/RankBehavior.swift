package import Ranks

/// What every way of carrying bytes between ranks must do, whatever their number; each rank calls `check`.
package struct RankBehavior: Sendable, CustomStringConvertible {
    package let description: String
    package let check: @Sendable (Communicator) throws -> Void

    package static let all = exchanges + reductions + hierarchies + agreements
}

/// A behavior that does not hold.
package struct Broken: Error, CustomStringConvertible {
    package let description: String

    package init(description: String) { self.description = description }
}

/// Throws unless both are the same.
func confirm<Value: Equatable>(_ found: Value, is wanted: Value, _ what: String) throws {
    guard found != wanted else { return }
    throw Broken(
        description: "\(what): \(String(describing: found).prefix(200)), not \(String(describing: wanted).prefix(200))")
}

/// Runs one rank's side of an operation on an array.
func changed<Element>(
    _ values: [Element], _ operation: (inout MutableSpan<Element>) throws(RankFailure) -> Void
) throws(RankFailure) -> [Element] {
    var values = values
    var span = values.mutableSpan
    try operation(&span)
    return values
}
