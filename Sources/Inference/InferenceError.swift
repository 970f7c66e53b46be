public import Foundation

/// Why a model cannot be run as asked, in words for the person who asked.
public struct InferenceError: Error, CustomStringConvertible, LocalizedError, Sendable {
    public let description: String
    init(_ description: String) { self.description = description }
    public var errorDescription: String? { description }
}
