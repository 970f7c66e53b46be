/// JSON in the line under way.
extension TraceScanner {
    mutating func skipSpaces() {
        while byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") { position += 1 }
    }

    /// An object; whoever calls reads, or skips, the value of every member.
    mutating func object(_ member: (_ scanner: inout TraceScanner, _ key: String) throws -> Void) throws {
        try token(UInt8(ascii: "{"))
        skipSpaces()
        if skip(UInt8(ascii: "}")) { return }
        repeat {
            skipSpaces()
            let key = try string("the name of a field")
            try token(UInt8(ascii: ":"))
            skipSpaces()
            try member(&self, key)
            skipSpaces()
        } while skip(UInt8(ascii: ","))
        try expect(UInt8(ascii: "}"))
    }

    mutating func array(_ element: (_ scanner: inout TraceScanner) throws -> Void) throws {
        try token(UInt8(ascii: "["))
        skipSpaces()
        if skip(UInt8(ascii: "]")) { return }
        repeat {
            skipSpaces()
            try element(&self)
            skipSpaces()
        } while skip(UInt8(ascii: ","))
        try expect(UInt8(ascii: "]"))
    }

    /// A number; what was not finite is null in JSON.
    mutating func finiteNumber(_ noun: String) throws -> Float {
        if byte | 0x20 != UInt8(ascii: "n") { return try number(noun) }
        guard skip("null") else { throw unexpected(noun) }
        throw error(
            "the \(noun) is null: the model's numbers were not finite here. Record it again, or leave out what is not known"
        )
    }

    /// A string without escapes, such as names in a trace are.
    mutating func string(_ noun: String) throws -> String {
        let start = position
        try skipString(noun)
        return String(decoding: bytes[start + 1..<position - 1], as: UTF8.self)
    }

    /// Steps over a value of any kind.
    mutating func skipValue() throws {
        var depth = 0
        repeat {
            skipSpaces()
            switch byte {
            case UInt8(ascii: "\""): try skipString("a value")
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                depth += 1
                position += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                guard depth > 0 else { throw unexpected("a value") }
                depth -= 1
                position += 1
            case UInt8(ascii: ","), UInt8(ascii: ":"):
                guard depth > 0 else { throw unexpected("a value") }
                position += 1
            default: try skipWord()
            }
        } while depth > 0
    }

    /// The line holds no more.
    mutating func endLine() throws {
        skipSpaces()
        if !isAtLineEnd { throw unexpected("the end of the line") }
    }

    private mutating func token(_ byte: UInt8) throws {
        skipSpaces()
        try expect(byte)
    }

    private mutating func skipString(_ noun: String) throws {
        guard skip(UInt8(ascii: "\"")) else { throw unexpected(noun) }
        while byte != UInt8(ascii: "\"") {
            if isAtLineEnd { throw unexpected("the end of \(noun)") }
            position += byte == UInt8(ascii: "\\") && position + 1 < lineEnd ? 2 : 1
        }
        position += 1
    }

    /// A number, true, false or null.
    private mutating func skipWord() throws {
        let start = position
        while Self.isOfWord(byte) { position += 1 }
        if position == start { throw unexpected("a value") }
    }

    private static func isOfWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}
