/// Why training cannot begin, or go on: what was tried, what was found, and the way out.
package struct TrainingError: Error, CustomStringConvertible, Equatable {
    package let description: String

    package init(_ description: String) { self.description = description }
}
