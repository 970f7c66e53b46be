/// A number that changes when any of what went into it does (64-bit FNV-1a): for noticing changes, not for security.
package struct SourceDigest {
    package private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

    package init() {}

    package mutating func combine(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    }

    package mutating func combine(_ number: Int) {
        withUnsafeBytes(of: number.littleEndian) { combine($0) }
    }

    /// Takes in what tells one state of a file from another without reading it.
    package mutating func combine(sizeAndTimeOf file: InputFile) {
        combine(file.size)
        combine(file.modificationTime)
    }

    /// 16 hexadecimal digits.
    package var hexadecimal: String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
