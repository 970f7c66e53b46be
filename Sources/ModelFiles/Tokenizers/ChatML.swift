/// ChatML, `<|im_start|>role … <|im_end|>`, and what models do with it differently.
package struct ChatML: Sendable, Equatable {
    /// Whether a prompt begins with the beginning mark.
    package var addsBeginning = false
    /// The system message of conversations that have none.
    package var system: String?
    /// Whether white space around messages is left out.
    package var trims = false
    /// Whether what the assistant thought before it answered is left out.
    package var dropsThoughts = false
    /// Whether it stays in the last answer, empty where there was none.
    package var keepsLastThought = false
    /// Whether the assistant is to begin with a thought.
    package var opensThought = false

    package init(addsBeginning: Bool = false, system: String? = nil) {
        self.addsBeginning = addsBeginning
        self.system = system
    }

    func prompt(_ conversation: Conversation) -> [ChatTemplate.Part] {
        var parts: [ChatTemplate.Part] = addsBeginning ? [.beginning] : []
        if let system = conversation.system ?? system { parts += message([.text("system\n\(trimmed(system))")]) }
        for (index, turn) in conversation.turns.enumerated() {
            parts += message([.text("user\n\(trimmed(turn.question))")])
            guard let answer = turn.answer else { continue }
            parts += message(assistant(trimmed(answer), isLast: index == conversation.turns.count - 1))
        }
        guard conversation.turns.last?.answer == nil else { return parts }
        let opening = opensThought ? ChatTemplate.Part.literal("assistant\n<think>\n") : .text("assistant\n")
        return parts + [.control("<|im_start|>"), opening]
    }

    private func message(_ content: [ChatTemplate.Part]) -> [ChatTemplate.Part] {
        [.control("<|im_start|>")] + content + [.control("<|im_end|>"), .text("\n")]
    }

    private func trimmed(_ text: String) -> String { trims ? text.trimmingWhitespace() : text }

    private func assistant(_ answer: String, isLast: Bool) -> [ChatTemplate.Part] {
        guard dropsThoughts else { return [.text("assistant\n\(answer)")] }
        let (thought, rest) = Self.taken(apart: answer)
        guard isLast, keepsLastThought else { return [.text("assistant\n\(rest)")] }
        let said = ChatTemplate.Part.text(Self.withoutLines(rest, atEnd: false))
        if thought.isEmpty { return [.literal("assistant\n<think>\n\n</think>\n\n"), said] }
        return [.literal("assistant\n<think>\n"), .text(thought), .literal("\n</think>\n\n"), said]
    }

    /// What stands before the last `</think>` (after the last `<think>` there) and what after it.
    private static func taken(apart answer: String) -> (thought: String, rest: String) {
        guard let first = answer.firstRange(of: "</think>"), let last = answer.ranges(of: "</think>").last else {
            return ("", answer)
        }
        let before = answer[..<first.lowerBound]
        let start = before.ranges(of: "<think>").last?.upperBound ?? before.startIndex
        return (
            withoutLines(String(before[start...]), atEnd: true),
            withoutLines(String(answer[last.upperBound...]), atEnd: false)
        )
    }

    /// A text without line ends in front, and where wanted after it.
    private static func withoutLines(_ text: String, atEnd: Bool) -> String {
        var bytes = Array(text.utf8)[...]
        bytes = bytes.drop { $0 == UInt8(ascii: "\n") }
        while atEnd, bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension TokenizerDescription {
    private static let marks = ["<|im_start|>", "<|im_end|>", "[INST]", "[/INST]"]

    /// The vocabulary in which the marks of chat templates are never found in a text; nil where they are not anyway.
    package var guardingMarks: TokenizerDescription? {
        let found = pieces.indices.filter { kinds[$0] == .userDefined && Self.marks.contains(pieces[$0]) }
        guard !found.isEmpty else { return nil }
        var guarded = self
        for id in found { guarded.kinds[id] = .control }
        return guarded
    }

    /// Whether some of these tokens may stand for what is in no piece.
    package func hasUnknown(in tokens: [Int]) -> Bool {
        // Where merges are of bytes, what has no piece is left out.
        kind == .byteLevelBPE || tokens.contains { $0 == unknownID }
    }
}
