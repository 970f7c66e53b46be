/// Numbers and words in the line under way.
extension TraceScanner {
    /// The byte at hand; a line feed at the end of the line.
    var byte: UInt8 { position < lineEnd ? bytes[position] : Self.lineFeed }

    var isAtLineEnd: Bool { position == lineEnd }

    /// Steps over a byte if it is this one.
    mutating func skip(_ wanted: UInt8) -> Bool {
        guard byte == wanted, !isAtLineEnd else { return false }
        position += 1
        return true
    }

    mutating func expect(_ wanted: UInt8) throws {
        if !skip(wanted) { throw unexpected("\"\(Character(UnicodeScalar(wanted)))\"") }
    }

    /// Steps over a word if it is this one.
    mutating func skip(_ word: String) -> Bool {
        let end = position + word.utf8.count
        guard end <= lineEnd, bytes[position..<end].elementsEqual(word.utf8) else { return false }
        position = end
        return true
    }

    /// An integer within a range.
    ///
    /// - Parameter noun: what it is, for messages.
    mutating func integer(_ noun: String, in range: ClosedRange<Int>) throws -> Int {
        let start = position
        let isNegative = skip(UInt8(ascii: "-"))
        let firstDigit = position
        var magnitude = 0
        while case let digit = byte &- UInt8(ascii: "0"), digit < 10 {
            // A number of many digits is outside of every range, however many there are.
            if magnitude < 1 << 53 { magnitude = magnitude * 10 + Int(digit) }
            position += 1
        }
        guard position > firstDigit else {
            position = start
            throw unexpected(noun)
        }
        let value = isNegative ? -magnitude : magnitude
        guard range.contains(value), magnitude < 1 << 53 else {
            throw error(
                "the \(noun) is \(text(start..<position)); it can be \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// A finite number, or NaN where the text says nan.
    mutating func number(_ noun: String) throws -> Float {
        let start = position
        let isNegative = skip(UInt8(ascii: "-"))
        if byte == UInt8(ascii: "n") || byte == UInt8(ascii: "N") {
            guard skip("nan") || skip("NaN") || skip("NAN") else { throw unexpected(noun) }
            return .nan
        }
        var decimal = Decimal()
        while case let digit = byte &- UInt8(ascii: "0"), digit < 10 {
            decimal.append(digit)
            position += 1
        }
        if skip(UInt8(ascii: ".")) {
            while case let digit = byte &- UInt8(ascii: "0"), digit < 10 {
                decimal.append(digit)
                decimal.exponent -= 1
                position += 1
            }
        }
        guard decimal.digits > 0 else {
            if !isAtLineEnd { position = start }
            throw unexpected(noun)
        }
        if byte | 0x20 == UInt8(ascii: "e") {
            position += 1
            _ = skip(UInt8(ascii: "+"))
            decimal.exponent += try integer("exponent of the \(noun)", in: -9999...9999)
        }
        guard let magnitude = decimal.value ?? Float(text(start..<position, limit: 4096)).map(abs), magnitude.isFinite
        else { throw error("the \(noun) is \(text(start..<position)), which is no number of 32 bits") }
        return isNegative ? -magnitude : magnitude
    }

    /// What stands here is not what should.
    ///
    /// - Returns: ``CutOffLine`` where the file ends before the line does.
    func unexpected(_ wanted: String) -> any Error {
        if isAtLineEnd { return isTerminated ? error("the line ends where \(wanted) should be") : CutOffLine() }
        return error("found \(excerpt) where \(wanted) should be")
    }

    /// What stands here, for messages.
    var excerpt: String {
        if byte < 0x20 || byte >= 0x7F { return "the byte 0x" + String(byte, radix: 16, uppercase: true) }
        let end = bytes[position..<lineEnd].prefix(24).firstIndex { $0 < 0x20 || $0 >= 0x7F }
        return "\"\(text(position..<(end ?? lineEnd)))\""
    }

    func text(_ range: Range<Int>, limit: Int = 24) -> String {
        let text = String(decoding: bytes[range].prefix(limit), as: UTF8.self)
        return range.count > limit ? text + "…" : text
    }
}

/// A decimal number, as exact as 64 bits allow.
private struct Decimal {
    var digits = 0
    var exponent = 0
    private var mantissa: UInt64 = 0
    private var isExact = true

    mutating func append(_ digit: UInt8) {
        digits += 1
        if mantissa < 1 << 53 {
            mantissa = mantissa * 10 + UInt64(digit)
        } else {
            isExact = false
        }
    }

    /// Its nearest number of 32 bits; nil where that takes more care.
    var value: Float? {
        guard isExact, mantissa <= 1 << 53, abs(exponent) < Self.powers.count else { return nil }
        // Both factors are exact, so this is the nearest number of 64 bits (Clinger, 1990).
        let power = Self.powers[abs(exponent)]
        let double = exponent < 0 ? Double(mantissa) / power : Double(mantissa) * power
        // To round twice is to round once, unless the first time led to the middle of two numbers of 32 bits.
        let isMiddle = double.bitPattern & 0x1FFF_FFFF == 0x1000_0000
        return isMiddle || (double != 0 && abs(double) < Double(Float.leastNormalMagnitude)) ? nil : Float(double)
    }

    private static let powers: [Double] = (0...22).map { (0..<$0).reduce(1.0) { power, _ in power * 10 } }
}
