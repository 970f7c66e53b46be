/// A part of a text that is encoded by itself.
struct TextPiece {
    var bytes: [UInt8]
    var beginsDocument = false
    var endsDocument = false
    /// −log p of the piece where it was generated.
    var nats: Double?
}

/// The text of one domain, which can be read again and again, in pieces of a bounded size.
protocol TextSource: Sendable {
    /// What the domain is called.
    var name: String { get }
    /// Changes with the text and with the way it is cut.
    var digest: UInt64 { get }
    /// Bytes of all pieces, or nearly.
    var size: Int { get }

    func forEachPiece(of part: Corpus.Part, _ body: (TextPiece) throws -> Void) throws
}

/// What ends a document within a text.
package enum DocumentEnd: String, Codable, Sendable, CaseIterable {
    /// Nothing: a domain is one long text without marks.
    case none
    /// A blank line. Every document then stands between `<s>` and `</s>`, and the blank lines are left out.
    case blankLine = "blank-line"
}
