/// What stands at the start of some bytes.
enum UTF8Character: Equatable {
    /// A character of so many bytes.
    case whole(Int)
    /// The beginning of a character whose other bytes are not there yet.
    case cut
    /// A byte that no character starts with, whatever follows the bytes given.
    case malformed

    /// Strict UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
    init(at start: Int, of bytes: [UInt8]) {
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xBF
        switch bytes[start] {
        case 0x00...0x7F: length = 1
        case 0xC2...0xDF: length = 2
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: length = 3
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        case 0xF1...0xF3: length = 4
        default:
            self = .malformed
            return
        }
        for offset in 1..<max(length, 1) {
            guard start + offset < bytes.count else {
                self = .cut
                return
            }
            guard (offset == 1 ? second : 0x80...0xBF).contains(bytes[start + offset]) else {
                self = .malformed
                return
            }
        }
        self = .whole(length)
    }

    /// U+FFFD in UTF-8.
    static let replacement: [UInt8] = [0xEF, 0xBF, 0xBD]
}
