/// One turn of a conversation.
public struct ChatMessage: Codable, Sendable, Equatable {
    /// Who speaks.
    public enum Role: String, Codable, Sendable {
        case system, user, assistant
    }

    /// Who speaks.
    public var role: Role
    /// What is said, as plain text: nothing in it is taken for a mark of the template.
    public var content: String

    public init(role: Role, content: String) {
        self.role = role
        self.content = content
    }
}
