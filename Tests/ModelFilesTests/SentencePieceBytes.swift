/// The bytes of a `tokenizer.model`: SentencePiece's protocol buffers message, as far as it is needed.
func sentencePieceModel(pieces: [String], scores: [Float], kinds: [Int32]) -> [UInt8] {
    var message: [UInt8] = []
    for ((piece, score), kind) in zip(zip(pieces, scores), kinds) {
        let body =
            field(1, Array(piece.utf8)) + [2 << 3 | 5] + bytes(score.bitPattern) + [3 << 3] + variable(UInt64(kind))
        message += field(1, body)
    }
    // trainer_spec: model_type = BPE, byte_fallback; normalizer_spec: keep extra whitespace.
    message += field(2, [3 << 3] + variable(2) + variable(35 << 3) + variable(1))
    return message + field(3, [4 << 3] + variable(0))
}

private func field(_ number: UInt64, _ body: [UInt8]) -> [UInt8] {
    variable(number << 3 | 2) + variable(UInt64(body.count)) + body
}

private func variable(_ number: UInt64) -> [UInt8] {
    number < 128 ? [UInt8(number)] : [UInt8(number & 127 | 128)] + variable(number >> 7)
}
