public import FoundationEssentials

/// Why a model's files cannot be used: where, what was found, and the way out.
public struct ModelFileError: Error, Sendable, Equatable, CustomStringConvertible, LocalizedError {
    /// The file or folder that was read or written.
    public let path: String
    /// What was found there, and what was expected.
    public let problem: String
    /// What to do about it, if there is something.
    public let remedy: String?

    public init(path: String, problem: String, remedy: String? = nil) {
        self.path = path
        self.problem = problem
        self.remedy = remedy
    }

    public var description: String {
        guard let remedy else { return "\(path): \(problem)." }
        return "\(path): \(problem). \(remedy)\(remedy.hasSuffix(".") ? "" : ".")"
    }

    public var errorDescription: String? { description }
}
