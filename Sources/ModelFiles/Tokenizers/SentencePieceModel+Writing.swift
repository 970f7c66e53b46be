extension SentencePieceModel {
    /// The field of ours among the extensions that `ModelProto` sets aside (200 and up), which SentencePiece skips:
    /// whether a text begins with `<s>`.
    static let addsBeginningField = 200

    /// A `tokenizer.model` that SentencePiece loads and that reads as this description; a chat template has no place in it.
    package static func bytes(of description: TokenizerDescription) -> [UInt8] {
        var file = ProtobufWriter()
        for id in description.pieces.indices {
            file.message(1) { piece in
                piece.string(1, description.pieces[id])
                piece.float(2, description.scores[id])
                if description.kinds[id] != .normal { piece.number(3, Int(description.kinds[id].rawValue)) }
            }
        }
        file.message(2) { writeTrainer(&$0, description) }
        file.message(3) { normalizer in
            normalizer.string(1, "identity")
            normalizer.boolean(3, description.addsSpacePrefix)
            normalizer.boolean(4, description.removesExtraSpaces)
            normalizer.boolean(5, true)
        }
        file.boolean(addsBeginningField, description.addsBeginning)
        return file.bytes
    }

    private static func writeTrainer(_ trainer: inout ProtobufWriter, _ description: TokenizerDescription) {
        trainer.number(3, 2)  // model_type = BPE
        trainer.number(4, description.pieces.count)
        trainer.boolean(35, description.kinds.contains(.byte))
        trainer.number(40, description.unknownID ?? -1)
        trainer.number(41, description.beginningID ?? -1)
        trainer.number(42, description.endIDs.first ?? -1)
        trainer.number(43, -1)  // no padding
        trainer.string(44, description.unknownSurface)
        if let id = description.unknownID { trainer.string(45, description.pieces[id]) }
        if let id = description.beginningID { trainer.string(46, description.pieces[id]) }
        if let id = description.endIDs.first { trainer.string(47, description.pieces[id]) }
    }
}
