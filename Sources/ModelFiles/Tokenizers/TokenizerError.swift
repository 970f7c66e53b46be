/// A vocabulary, a `tokenizer.model` or a chat template that cannot be used.
package struct TokenizerError: Error, CustomStringConvertible, Equatable {
    /// What was tried, in the form "read PATH".
    package let attempt: String
    package let finding: String
    package let wayOut: String

    package var description: String { "Could not \(attempt): \(finding). \(wayOut)" }
}
