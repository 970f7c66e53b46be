import Profiling

/// What the program says to a person: its own words as they stand, and what is put into them, such as the name of a file,
/// without anything that a terminal would obey.
struct Message: ExpressibleByStringInterpolation {
    let text: String

    init(stringLiteral text: String) { self.text = text }
    init(stringInterpolation: StringInterpolation) { text = stringInterpolation.text }

    /// Lines that somebody else has written.
    init(lines: String) {
        text = lines.split(separator: "\n", omittingEmptySubsequences: false).map { String($0).printable }
            .joined(separator: "\n")
    }

    static func + (one: Message, other: Message) -> Message { Message(stringLiteral: one.text + other.text) }

    struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var text = ""

        init(literalCapacity: Int, interpolationCount: Int) { text.reserveCapacity(2 * literalCapacity) }

        mutating func appendLiteral(_ literal: String) { text += literal }
        mutating func appendInterpolation(_ part: Message) { text += part.text }
        mutating func appendInterpolation(_ part: some Any) { text += String(describing: part).printable }
    }
}

extension [Message] {
    func joined(separator: Message) -> Message {
        Message(stringLiteral: map(\.text).joined(separator: separator.text))
    }
}
