import ModelFiles

/// Writes `tokenizer.model` files field by field.
struct ModelFileWriter {
    var bytes: [UInt8] = []

    mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func number(_ field: Int, _ value: Int) {
        varint(UInt64(field << 3))
        varint(UInt64(value))
    }

    mutating func float(_ field: Int, _ value: Float) {
        varint(UInt64(field << 3 | 5))
        for shift in stride(from: 0, to: 32, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: value.bitPattern >> shift))
        }
    }

    mutating func data(_ field: Int, _ value: some Collection<UInt8>) {
        varint(UInt64(field << 3 | 2))
        varint(UInt64(value.count))
        bytes += value
    }

    mutating func message(_ field: Int, _ write: (inout ModelFileWriter) -> Void) {
        var inner = ModelFileWriter()
        write(&inner)
        data(field, inner.bytes)
    }
}

/// A file with the vocabulary of a description, and whatever else the closures add to its settings.
func modelFile(
    _ description: TokenizerDescription, type: Int = 2, trainer: (inout ModelFileWriter) -> Void = { _ in },
    normalizer: (inout ModelFileWriter) -> Void = { _ in }
) -> [UInt8] {
    var file = ModelFileWriter()
    for id in description.pieces.indices {
        file.message(1) { piece in
            piece.data(1, description.pieces[id].utf8)
            piece.float(2, description.scores[id])
            if description.kinds[id] != .normal { piece.number(3, Int(description.kinds[id].rawValue)) }
        }
    }
    file.message(2) { settings in
        settings.number(3, type)
        settings.number(35, description.kinds.contains(.byte) ? 1 : 0)
        trainer(&settings)
    }
    file.message(3) { settings in
        settings.data(1, "identity".utf8)
        settings.number(3, description.addsSpacePrefix ? 1 : 0)
        settings.number(4, description.removesExtraSpaces ? 1 : 0)
        normalizer(&settings)
    }
    return file.bytes
}
