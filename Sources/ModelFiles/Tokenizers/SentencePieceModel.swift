import FoundationEssentials
import Glibc

/// A `tokenizer.model` file: SentencePiece's `ModelProto`
/// (https://github.com/google/sentencepiece/blob/master/src/sentencepiece_model.proto).
package struct SentencePieceModel: Sendable {
    /// The vocabulary, without a chat template: this kind of file has none. A text begins with `<s>` if there is one,
    /// unless the file is ours and says otherwise.
    package let description: TokenizerDescription

    /// Larger than any vocabulary in use a hundred times over; what is larger is not read at all.
    private static let sizeLimit = 1 << 28

    /// Reads the file at `path`; throws a `TokenizerError` if it is not a byte-pair vocabulary that can be used exactly.
    package init(path: String) throws(TokenizerError) {
        var status = stat()
        guard stat(path, &status) == 0 else { throw Self.unreadable(path, String(cString: strerror(errno))) }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_size <= Self.sizeLimit else {
            throw Self.unreadable(path, "it is not a file of at most 256 MiB (\(status.st_size) bytes)")
        }
        let bytes: [UInt8]
        do {
            bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
        } catch {
            throw Self.unreadable(path, "\(error)")
        }
        try self.init(bytes: bytes, name: path)
    }

    /// Reads a file's content; `name` is what errors call it.
    package init(bytes: [UInt8], name: String = "tokenizer.model") throws(TokenizerError) {
        do throws(ProtobufReader.Failure) {
            let message = try ModelMessage(bytes[...])
            try message.checkUsable()
            try message.checkVocabulary()
            description = message.description
        } catch {
            throw TokenizerError(
                attempt: "read \(name) as a SentencePiece model", finding: error.finding,
                wayOut: "Fetch the file again, or use the model's GGUF, which carries its own vocabulary.")
        }
    }

    private static func unreadable(_ path: String, _ finding: String) -> TokenizerError {
        TokenizerError(
            attempt: "read \(path)", finding: finding, wayOut: "Check that it is a tokenizer.model and may be read.")
    }
}

/// `ModelProto`, as far as byte-pair encoding uses it; the defaults are the schema's.
private struct ModelMessage {
    var pieces: [String] = []
    var scores: [Float] = []
    var kinds: [TokenizerDescription.PieceKind] = []

    var modelType: Int32 = 1
    var putsSpaceLast = false
    var hasByteFallback = false
    var unknownSurface = " \u{2047} "
    var beginning = "<s>"
    var end = "</s>"

    var hasCharacterMap = false
    var hasDecodingMap = false
    var addsSpacePrefix = true
    var removesExtraSpaces = true
    var escapesSpaces = true
    /// Nil where the file is not ours.
    var addsBeginning: Bool?

    init(_ message: ArraySlice<UInt8>) throws(ProtobufReader.Failure) {
        var reader = ProtobufReader(message)
        while let (number, value) = try reader.next() {
            switch number {
            case 1: try readPiece(try value.bytes)
            case 2: try readTrainer(try value.bytes)
            case 3: try readNormalizer(try value.bytes)
            case 5: try readDenormalizer(try value.bytes)
            case SentencePieceModel.addsBeginningField: addsBeginning = try value.boolean
            default: break
            }
        }
    }

    private mutating func readPiece(_ message: ArraySlice<UInt8>) throws(ProtobufReader.Failure) {
        var reader = ProtobufReader(message)
        var piece = ""
        var score: Float = 0
        var kind = TokenizerDescription.PieceKind.normal
        while let (number, value) = try reader.next() {
            switch number {
            case 1: piece = try value.string
            case 2: score = try value.float
            case 3: kind = try pieceKind(try value.integer)
            default: break
            }
        }
        pieces.append(piece)
        scores.append(score)
        kinds.append(kind)
    }

    private func pieceKind(_ number: Int32) throws(ProtobufReader.Failure) -> TokenizerDescription.PieceKind {
        guard let kind = UInt8(exactly: number).flatMap(TokenizerDescription.PieceKind.init(rawValue:)) else {
            throw .init(finding: "piece \(pieces.count) is of kind \(number), where 1 to 6 are known")
        }
        return kind
    }

    private mutating func readTrainer(_ message: ArraySlice<UInt8>) throws(ProtobufReader.Failure) {
        var reader = ProtobufReader(message)
        while let (number, value) = try reader.next() {
            switch number {
            case 3: modelType = try value.integer
            case 24: putsSpaceLast = try value.boolean
            case 35: hasByteFallback = try value.boolean
            case 44: unknownSurface = try value.string
            case 46: beginning = try value.string
            case 47: end = try value.string
            default: break
            }
        }
    }

    private mutating func readNormalizer(_ message: ArraySlice<UInt8>) throws(ProtobufReader.Failure) {
        var reader = ProtobufReader(message)
        while let (number, value) = try reader.next() {
            switch number {
            case 2: hasCharacterMap = try !value.bytes.isEmpty
            case 3: addsSpacePrefix = try value.boolean
            case 4: removesExtraSpaces = try value.boolean
            case 5: escapesSpaces = try value.boolean
            default: break
            }
        }
    }

    private mutating func readDenormalizer(_ message: ArraySlice<UInt8>) throws(ProtobufReader.Failure) {
        var reader = ProtobufReader(message)
        while let (number, value) = try reader.next() {
            if number == 2 { hasDecodingMap = try !value.bytes.isEmpty }
        }
    }

    func checkUsable() throws(ProtobufReader.Failure) {
        guard !pieces.isEmpty else { throw .init(finding: "no pieces") }
        guard modelType == 2 else {
            let names: [Int32: String] = [1: "unigram", 3: "word", 4: "character"]
            throw .init(
                finding: "a \(names[modelType] ?? "type \(modelType)") model, where byte-pair (BPE) is supported")
        }
        let refused = [
            (putsSpaceLast, "spaces as suffixes (treat_whitespace_as_suffix)"),
            (!escapesSpaces, "spaces that are not escaped (escape_whitespaces = false)"),
            (
                hasCharacterMap,
                "a table of character replacements (precompiled_charsmap), where only identity is supported"
            ),
            (hasDecodingMap, "a table of character replacements for decoding (denormalizer_spec)"),
        ]
        if let (_, feature) = refused.first(where: \.0) { throw .init(finding: feature) }
    }

    /// The checks that SentencePiece 0.2.3 makes when it loads a model.
    func checkVocabulary() throws(ProtobufReader.Failure) {
        var ids: [[UInt8]: Int] = [:]
        for (id, piece) in pieces.enumerated() {
            let bytes = Array(piece.utf8)
            guard !bytes.isEmpty, bytes.count < SentencePieceTokenizer.pieceLengthLimit, !bytes.contains(0) else {
                throw .init(finding: "piece \(id) has \(bytes.count) bytes or a NUL among them")
            }
            if let first = ids.updateValue(id, forKey: bytes) {
                throw .init(finding: "pieces \(first) and \(id) are both \(piece.debugDescription)")
            }
            guard kinds[id] != .byte || SentencePieceTokenizer.byte(named: piece) != nil else {
                throw .init(finding: "piece \(id), \(piece.debugDescription), is a byte without a value")
            }
        }
        let byteCount = kinds.count { $0 == .byte }
        guard byteCount == (hasByteFallback ? 256 : 0) else {
            throw .init(finding: "\(byteCount) byte pieces, and byte fallback is \(hasByteFallback ? "on" : "off")")
        }
        let unknownCount = kinds.count { $0 == .unknown }
        guard unknownCount == 1 || unknownCount == 0 && hasByteFallback else {
            throw .init(finding: "\(unknownCount) unknown pieces, where one belongs")
        }
    }

    var description: TokenizerDescription {
        let beginningID = controlID(beginning)
        return TokenizerDescription(
            pieces: pieces, scores: scores, kinds: kinds, unknownID: kinds.firstIndex(of: .unknown),
            beginningID: beginningID, endIDs: controlID(end).map { [$0] } ?? [],
            addsBeginning: beginningID != nil && addsBeginning ?? true,
            addsSpacePrefix: addsSpacePrefix, removesExtraSpaces: removesExtraSpaces, unknownSurface: unknownSurface)
    }

    /// SentencePiece finds `<s>` and `</s>` by name and does not trust the ids in the trainer's settings.
    private func controlID(_ name: String) -> Int? {
        pieces.indices.first { kinds[$0] == .control && pieces[$0].utf8.elementsEqual(name.utf8) }
    }
}
