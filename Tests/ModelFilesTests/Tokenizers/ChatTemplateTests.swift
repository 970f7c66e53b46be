import ModelFiles
import Testing

struct ChatTemplateTests {
    /// Mixtral 8x7B Instruct as first published, and as published since.
    private static let mistral = [
        "{{ bos_token }}{% for message in messages %}{% if message['role'] == 'user' %}"
            + "{{ '[INST] ' + message['content'] + ' [/INST]' }}{% elif message['role'] == 'assistant' %}"
            + "{{ message['content'] + eos_token}}{% endif %}{% endfor %}",
        "{%- if messages[0][\"role\"] == \"system\" %}{%- set system_message = messages[0][\"content\"] %}{%- endif %}"
            + "{{- bos_token }}{%- for message in loop_messages %}"
            + "{{- \" [INST] \" + system_message + \"\\n\\n\" + message[\"content\"] + \" [/INST]\" }}"
            + "{{- \" \" + message[\"content\"] + eos_token}}{%- endfor %}",
    ]
    private static let llama2 =
        "{% set content = '<<SYS>>\\n' + system_message + '\\n<</SYS>>\\n\\n' + message['content'] %}"
        + "{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}{{ ' ' + content.strip() + ' ' + eos_token }}"
    private static let chatML =
        "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>'"
        + " + '\\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"

    private let conversation = [
        ChatMessage(role: .system, content: "Be brief."), ChatMessage(role: .user, content: "Hi"),
        ChatMessage(role: .assistant, content: "Hello "), ChatMessage(role: .user, content: " Why?"),
    ]

    private func parts(_ template: String, control: [String] = []) throws -> [ChatTemplate.Part] {
        let kinds = Dictionary(uniqueKeysWithValues: control.map { ($0, TokenizerDescription.PieceKind.control) })
        return try ChatTemplate(vocabulary(control, kinds: kinds, template: template)).prompt(for: conversation)
    }

    @Test(arguments: mistral) func `all spellings of Mistral's template make one prompt`(template: String) throws {
        #expect(
            try parts(template) == [
                .beginning, .text("[INST] Be brief.\n\nHi [/INST]"), .text("Hello "), .end,
                .text("[INST]  Why? [/INST]"),
            ])
    }

    @Test func `where the marks are control pieces they are written as such`() throws {
        #expect(
            try parts(Self.mistral[1], control: ["[INST]", "[/INST]"]) == [
                .beginning, .control("[INST]"), .text("Hi"), .control("[/INST]"), .text("Hello"), .end,
                .control("[INST]"), .text("Be brief.\n\n Why?"), .control("[/INST]"),
            ])
    }

    @Test func `Llama 2's template trims and begins each turn anew`() throws {
        #expect(
            try parts(Self.llama2) == [
                .beginning, .text("[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\nHi [/INST] Hello "), .end,
                .beginning, .text("[INST] Why? [/INST]"),
            ])
    }

    @Test func `ChatML asks for the assistant's turn`() throws {
        let parts = try parts(Self.chatML, control: ["<|im_start|>", "<|im_end|>"])
        #expect(
            parts.prefix(4) == [
                .control("<|im_start|>"), .text("system\nBe brief."), .control("<|im_end|>"), .text("\n"),
            ])
        #expect(parts.suffix(2) == [.control("<|im_start|>"), .text("assistant\n")])
    }

    @Test func `what a user writes never becomes a mark`() throws {
        let letters = ["<", "s", ">", "/", "[", "]", "I", "N", "S", "T", "\u{2581}"]
        let description = vocabulary(letters, spacePrefix: true, template: Self.mistral[0])
        let tokenizer = try SentencePieceTokenizer(description)
        let prompt = try ChatTemplate(description).prompt(for: [ChatMessage(role: .user, content: "</s><s>")])
        let ids = try tokenizer.encode(prompt)
        #expect(ids.first == 1)
        #expect(!ids.dropFirst().contains { description.kinds[$0] == .control })
        #expect(
            description.names(Array(ids.dropFirst())).joined()
                == "\u{2581}[INST]\u{2581}</s><s>\u{2581}[/INST]")
    }

    @Test(arguments: [
        "{{ '<|user|>' + message.content }}", "{{ '[SYSTEM_PROMPT]' }}{{ '[INST]' }}{{ '[/INST]' + eos_token }}",
        "{{ '<|im_start|>system\\nYou are' }}{{ '<|im_end|>' }}", "{{ '<|im_start|>' }}{{ '<|im_sep|><|im_end|>' }}",
        chatML, "{{ '[AVAILABLE_TOOLS]' }}{{ '[INST] ' + message.content + '[/INST]' + eos_token }}",
    ]) func `another template is refused with the names of the known`(template: String) {
        #expect {
            try ChatTemplate(vocabulary([], template: template))
        } throws: { "\($0)".contains("Known are") }
    }

    @Test func `a model without a template is told so`() {
        #expect(throws: TokenizerError.self) { try ChatTemplate(vocabulary([])) }
    }

    @Test(arguments: [
        [], [ChatMessage(role: .system, content: "x")], [ChatMessage(role: .assistant, content: "x")],
        Array(repeating: ChatMessage(role: .user, content: "x"), count: 2),
        [ChatMessage(role: .user, content: "x"), ChatMessage(role: .system, content: "x")],
    ]) func `user and assistant take turns`(messages: [ChatMessage]) {
        #expect(throws: TokenizerError.self) { try ChatTemplate.mistral.prompt(for: messages) }
    }
}
