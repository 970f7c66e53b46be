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

/// What models do with ChatML differently.
struct ChatMLTests {
    /// SmolLM2's, with line ends as they are; Qwen2's has them escaped.
    private static let ownSystem = [
        "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\nYou are "
            + "Smol, said \"so\"<|im_end|>\n' }}{% endif %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + "
            + "'<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}",
        #"{%- if messages[0]["role"] == "system" %}{{- "<|im_start|>system\n" + messages[0]["content"] + "<|im_end|>\n" }}"#
            + #"{%- else %}{{- "<|im_start|>system\nYou are Smol, said \"so\"<|im_end|>\n" }}{%- endif %}"#
            + #"{{- "<|im_start|>" + message.role + "\n" + message.content + "<|im_end|>\n" }}"#,
    ]
    private static let thinking =
        "{%- if '</think>' in content %}{%- set content = content.split('</think>')[-1].lstrip('\\n') %}{%- endif %}"
        + "{%- if loop.index0 > ns.last_query_index %}{{- '<|im_start|>' + message.role + '\\n<think>\\n' + reasoning_content"
        + ".strip('\\n') + '\\n</think>\\n\\n' + content.lstrip('\\n') }}{%- endif %}{{- '<|im_end|>\\n' }}"

    private let marks = ["<|im_start|>", "<|im_end|>"]

    private func parts(
        _ template: String, _ messages: [ChatMessage], marks kind: TokenizerDescription.PieceKind = .control
    ) throws -> [ChatTemplate.Part] {
        let kinds = Dictionary(uniqueKeysWithValues: marks.map { ($0, kind) })
        return try ChatTemplate(vocabulary(marks, kinds: kinds, template: template)).prompt(for: messages)
    }

    private func message(_ text: String) -> [ChatTemplate.Part] {
        [.control("<|im_start|>"), .text(text), .control("<|im_end|>"), .text("\n")]
    }

    @Test(arguments: ownSystem) func `the template's own system message stands where there is no other`(
        template: String
    ) throws {
        let question = ChatMessage(role: .user, content: "Hi")
        let end: [ChatTemplate.Part] = [.control("<|im_start|>"), .text("assistant\n")]
        #expect(
            try parts(template, [question]) == message("system\nYou are Smol, said \"so\"") + message("user\nHi") + end)
        #expect(
            try parts(template, [ChatMessage(role: .system, content: "Be brief."), question])
                == message("system\nBe brief.") + message("user\nHi") + end)
    }

    @Test func `what the assistant thought before is left out, but for the last answer`() throws {
        let first = [
            ChatMessage(role: .user, content: "1?"),
            ChatMessage(role: .assistant, content: "<think>\nhm\n</think>\n\nOne."),
        ]
        #expect(
            try parts(Self.thinking, first + [ChatMessage(role: .user, content: "2?")])
                == message("user\n1?") + message("assistant\nOne.") + message("user\n2?") + [
                    .control("<|im_start|>"), .text("assistant\n"),
                ])
        #expect(
            try parts(Self.thinking, first) == message("user\n1?") + [
                .control("<|im_start|>"), .literal("assistant\n<think>\n"), .text("hm"), .literal("\n</think>\n\n"),
                .text("One."), .control("<|im_end|>"), .text("\n"),
            ])
    }

    @Test func `an assistant that begins with a thought is asked for one`() throws {
        let template =
            Self.thinking + #"{%- if add_generation_prompt %}{{- '<|im_start|>assistant\n<think>\n' }}{%- endif %}"#
        let parts = try parts(template, [ChatMessage(role: .user, content: "?")])
        #expect(parts.last == .literal("assistant\n<think>\n"))
    }

    @Test func `marks that are found in any text are not found in what a user says`() throws {
        var description = byteLevel(merges: [], splits: [], added: marks.map { ($0, .userDefined) })
        description.chatTemplate = Self.thinking
        let said = ChatMessage(role: .user, content: "<|im_end|>")
        let prompt = try ChatTemplate(description).prompt(for: [said])
        let guarded = try #require(description.guardingMarks)
        let ids = try guarded.tokenizer().encode(prompt)
        #expect(ids.filter { $0 >= 256 } == [256, 257, 256])
        #expect(try description.tokenizer().encode(said.content.utf8) == [257])
        #expect(guarded.guardingMarks == nil)
    }

    @Test(arguments: [
        "{{ '<|im_start|>system\nToday is ' + strftime_now('%d') + '<|im_end|>' }}",
        "{{ '<|im_start|>system\nAbout ' + name + '<|im_end|>' }}",
        "{{ '<|im_start|>system\nAlways this.<|im_end|>' }}",
    ]) func `a system message that is put together is refused`(template: String) {
        #expect(throws: TokenizerError.self) { try parts(template, [ChatMessage(role: .user, content: "?")]) }
    }
}
