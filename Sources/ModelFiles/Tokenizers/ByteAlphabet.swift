/// The characters that stand for bytes in byte-level vocabularies (Radford et al., 2019): those of Latin-1 that can be
/// seen stand for themselves, the other bytes for the characters from U+0100 on, in order.
package enum ByteAlphabet {
    /// The character of each byte.
    static let scalars: [Unicode.Scalar] = {
        var next: UInt32 = 0x100
        return (UInt8.min...UInt8.max).map { byte in
            switch byte {
            case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: return Unicode.Scalar(byte)
            default:
                defer { next += 1 }
                return Unicode.Scalar(next) ?? "\u{FFFD}"
            }
        }
    }()

    private static let bytes: [UInt8?] = {
        var bytes: [UInt8?] = Array(repeating: nil, count: 0x144)
        for (byte, scalar) in scalars.enumerated() { bytes[Int(scalar.value)] = UInt8(byte) }
        return bytes
    }()

    /// The bytes that a piece stands for; nil where one of its characters stands for none.
    static func bytes(of piece: String) -> [UInt8]? {
        var result: [UInt8] = []
        for scalar in piece.unicodeScalars {
            guard scalar.value < bytes.count, let byte = bytes[Int(scalar.value)] else { return nil }
            result.append(byte)
        }
        return result
    }

    /// The piece that stands for some bytes.
    package static func piece(of bytes: some Sequence<UInt8>) -> String {
        var piece = ""
        for byte in bytes { piece.unicodeScalars.append(scalars[Int(byte)]) }
        return piece
    }
}
