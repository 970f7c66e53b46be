public import Foundation

/// Why a model cannot be run as asked, in words for the person who asked.
public struct InferenceError: Error, CustomStringConvertible, LocalizedError, Sendable {
    public let description: String
    init(_ description: String) { self.description = description }
    public var errorDescription: String? { description }

    /// - Throws: an error when an option is out of its range.
    static func check<Value: Comparable>(_ name: String, _ value: Value, _ range: ClosedRange<Value>) throws {
        guard !range.contains(value) else { return }
        throw InferenceError("\(name) is \(value); it must be from \(range.lowerBound) to \(range.upperBound)")
    }
}
