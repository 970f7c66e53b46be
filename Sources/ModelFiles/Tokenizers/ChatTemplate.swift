/// How a model was taught to read a conversation.
///
/// A chat template is a Jinja program in the model's file. Offstage does not run it: it recognizes the known families by
/// what stands in it and writes the prompt itself, so that what a user says never becomes a mark of the template.
package enum ChatTemplate: Sendable, Equatable {
    /// Mixtral 8x7B and Mistral 7B Instruct: `<s> [INST] question [/INST] answer</s>`, with the marks as plain text.
    case mistral
    /// Mixtral 8x22B Instruct: the same with `[INST]` and `[/INST]` as control pieces, the system message last.
    case mistralControl
    /// Llama 2 chat: `<s>[INST] <<SYS>>…<</SYS>> question [/INST] answer </s>`.
    case llama2(repeatsBeginning: Bool, trims: Bool)
    /// `<|im_start|>role … <|im_end|>`.
    case chatML(ChatML)

    /// Part of a prompt.
    package enum Part: Sendable, Equatable {
        case beginning
        case end
        case control(String)
        /// Text of the template itself, in which marks may stand.
        case literal(String)
        /// Encoded as a text of its own, in which nothing is a mark.
        case text(String)
    }

    /// A prompt that the model is to answer, or a finished conversation if the last message is the assistant's.
    ///
    /// Throws a `TokenizerError` unless user and assistant take turns, after at most one system message.
    package func prompt(for messages: [ChatMessage]) throws(TokenizerError) -> [Part] {
        let conversation = try Conversation(messages)
        return switch self {
        case .mistral: Self.mistralPrompt(conversation)
        case .mistralControl: Self.mistralControlPrompt(conversation)
        case .llama2(let repeatsBeginning, let trims):
            Self.llama2Prompt(conversation, repeatsBeginning: repeatsBeginning, trims: trims)
        case .chatML(let form): form.prompt(conversation)
        }
    }
}

/// A conversation in questions and answers; only the last question may lack an answer.
struct Conversation {
    var system: String?
    var turns: [(question: String, answer: String?)] = []

    init(_ messages: [ChatMessage]) throws(TokenizerError) {
        for (index, message) in messages.enumerated() {
            switch message.role {
            case .system where index == 0: system = message.content
            case .user where turns.last.map { $0.answer != nil } ?? true: turns.append((message.content, nil))
            case .assistant where turns.last.map { $0.answer == nil } ?? false:
                turns[turns.count - 1].answer = message.content
            default: throw Self.disorder("message \(index + 1) is from the \(message.role)")
            }
        }
        guard !turns.isEmpty else { throw Self.disorder("there is no message from the user") }
    }

    private static func disorder(_ finding: String) -> TokenizerError {
        TokenizerError(
            attempt: "write the conversation as a prompt", finding: finding,
            wayOut: "Start with a system message or none, then let user and assistant take turns.")
    }
}

extension ChatTemplate {
    private static func mistralPrompt(_ conversation: Conversation) -> [Part] {
        var parts = [Part.beginning]
        for (index, turn) in conversation.turns.enumerated() {
            let system = index == 0 ? conversation.systemParagraph : ""
            parts.append(.text("[INST] \(system)\(turn.question) [/INST]"))
            if let answer = turn.answer { parts += [.text(answer), .end] }
        }
        return parts
    }

    private static func mistralControlPrompt(_ conversation: Conversation) -> [Part] {
        var parts = [Part.beginning]
        for (index, turn) in conversation.turns.enumerated() {
            let system = index == conversation.turns.count - 1 ? conversation.systemParagraph : ""
            parts += [.control("[INST]"), .text(system + turn.question), .control("[/INST]")]
            if let answer = turn.answer { parts += [.text(answer.trimmingSpacesAtEnd()), .end] }
        }
        return parts
    }

    private static func llama2Prompt(_ conversation: Conversation, repeatsBeginning: Bool, trims: Bool) -> [Part] {
        var parts: [Part] = []
        for (index, turn) in conversation.turns.enumerated() {
            if index == 0 || repeatsBeginning { parts.append(.beginning) }
            let system = index == 0 ? conversation.system.map { "<<SYS>>\n\($0)\n<</SYS>>\n\n" } ?? "" : ""
            let question = system + turn.question
            let text = "[INST] \(trims ? question.trimmingWhitespace() : question) [/INST]"
            if let answer = turn.answer {
                parts += [.text("\(text) \(trims ? answer.trimmingWhitespace() : answer) "), .end]
            } else {
                parts.append(.text(text))
            }
        }
        return parts
    }
}

extension Conversation {
    var systemParagraph: String { system.map { $0.isEmpty ? "" : "\($0)\n\n" } ?? "" }
}

extension String {
    fileprivate func trimmingSpacesAtEnd() -> String {
        String(decoding: Array(utf8.reversed().drop { $0 == UInt8(ascii: " ") }.reversed()), as: UTF8.self)
    }

    /// As Jinja's `trim` and Python's `strip` do.
    func trimmingWhitespace() -> String {
        let scalars = unicodeScalars.drop { $0.properties.isWhitespace }
        var trimmed = String.UnicodeScalarView(scalars)
        while let last = trimmed.last, last.properties.isWhitespace { trimmed.removeLast() }
        return String(trimmed)
    }
}

extension Tokenizer {
    /// The ids of a prompt. Throws a `TokenizerError` if the vocabulary lacks a mark of the template.
    package func encode(_ prompt: [ChatTemplate.Part]) throws -> [Int] {
        try prompt.flatMap { part in
            switch part {
            case .text(let text): encode(text.utf8)
            case .literal(let text): encode(text.utf8, parsingSpecial: true)
            case .control(let piece): [try found(controlID(piece), piece)]
            case .beginning: [try found(description.beginningID, "the beginning of a text")]
            case .end: [try found(description.endIDs.first, "the end of a text")]
            }
        }
    }

    private func found(_ id: Int?, _ mark: String) throws -> Int {
        guard let id else {
            throw TokenizerError(
                attempt: "write the conversation as a prompt",
                finding: "the vocabulary has no control piece for \(mark), which the chat template needs",
                wayOut: "Give the prompt as plain text instead.")
        }
        return id
    }
}
