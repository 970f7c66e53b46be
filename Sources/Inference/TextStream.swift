import ModelFiles

/// Prints tokens as text: whole characters only, and nothing of a stop string.
struct TextStream {
    private var decoder: StreamingDecoder
    private var matcher: StopMatcher
    private let onText: (String) -> Void
    private var isStopped = false

    init(_ tokenizer: any Tokenizer, stops: [String], onText: @escaping (String) -> Void) {
        decoder = StreamingDecoder(tokenizer: tokenizer, continuesText: true)
        matcher = StopMatcher(stops)
        self.onText = onText
    }

    /// - Returns: whether a stop string has come.
    mutating func append(_ token: Int) -> Bool { feed(decoder.append(token)) }

    /// Prints what was held back, unless a stop string ended the text.
    mutating func finish() {
        guard !isStopped, !feed(decoder.finish()) else { return }
        emit(matcher.finish())
    }

    private mutating func feed(_ text: String) -> Bool {
        guard !text.isEmpty else { return false }
        let (printable, stopped) = matcher.feed(text)
        emit(printable)
        isStopped = stopped
        return stopped
    }

    private func emit(_ text: String) {
        if !text.isEmpty { onText(text) }
    }
}
