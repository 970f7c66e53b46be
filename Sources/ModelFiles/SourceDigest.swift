/// A number that changes when any of what went into it does (64-bit FNV-1a): for noticing changes, not for security.
struct SourceDigest {
    private var state: UInt64 = 0xcbf2_9ce4_8422_2325

    mutating func combine(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { state = (state ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    }

    mutating func combine(_ number: Int) {
        withUnsafeBytes(of: number.littleEndian) { combine($0) }
    }

    /// Takes in what tells one state of a file from another without reading its weights.
    mutating func combine(sizeAndTimeOf file: InputFile) {
        combine(file.size)
        combine(file.modificationTime)
    }

    /// 16 hexadecimal digits.
    var hexadecimal: String {
        let digits = String(state, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
