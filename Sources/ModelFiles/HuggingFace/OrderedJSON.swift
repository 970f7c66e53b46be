/// Any JSON, with the members of objects as they stand there: in order, and told apart by their bytes, where Swift's
/// dictionaries take `é` as one scalar and as two for the same key.
enum OrderedJSON: Sendable {
    case null
    case boolean(Bool)
    case number(Double)
    case text(String)
    case list([OrderedJSON])
    case object([(name: String, value: OrderedJSON)])

    struct Failure: Error, Equatable {
        let finding: String
    }

    /// - Throws: ``Failure`` for what is no JSON, or deeper than 64 levels.
    init(_ bytes: [UInt8]) throws(Failure) {
        var reader = OrderedJSONReader(bytes)
        self = try reader.document()
    }

    /// The last member of a name, as Python's dictionaries have it; nil where there is none or it is null.
    subscript(name: String) -> OrderedJSON? {
        guard case .object(let members) = self else { return nil }
        guard let found = members.last(where: { $0.name == name })?.value else { return nil }
        if case .null = found { return nil }
        return found
    }

    var text: String? { if case .text(let text) = self { text } else { nil } }
    var list: [OrderedJSON]? { if case .list(let list) = self { list } else { nil } }
    var members: [(name: String, value: OrderedJSON)]? { if case .object(let members) = self { members } else { nil } }
    var boolean: Bool? { if case .boolean(let value) = self { value } else { nil } }
    var real: Double? { if case .number(let value) = self { value } else { nil } }
    var integer: Int? { real.flatMap(Int.init(exactly:)) }
}

/// Reads JSON (RFC 8259) from left to right.
private struct OrderedJSONReader {
    private let bytes: [UInt8]
    private var index = 0
    private var depth = 0
    private static let depthLimit = 64

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func document() throws(OrderedJSON.Failure) -> OrderedJSON {
        let value = try value()
        skipSpace()
        guard index == bytes.count else { throw unexpected() }
        return value
    }

    private mutating func value() throws(OrderedJSON.Failure) -> OrderedJSON {
        skipSpace()
        guard index < bytes.count else { throw unexpected() }
        switch bytes[index] {
        case UInt8(ascii: "{"): return .object(try object())
        case UInt8(ascii: "["): return .list(try list())
        case UInt8(ascii: "\""): return .text(try text())
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "t"): return try word("true", .boolean(true))
        case UInt8(ascii: "f"): return try word("false", .boolean(false))
        default: return .number(try number())
        }
    }

    private mutating func object() throws(OrderedJSON.Failure) -> [(name: String, value: OrderedJSON)] {
        try enter()
        defer { depth -= 1 }
        var members: [(name: String, value: OrderedJSON)] = []
        if take("}") { return members }
        repeat {
            skipSpace()
            guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") else { throw unexpected() }
            let name = try text()
            guard take(":") else { throw unexpected() }
            members.append((name, try value()))
        } while take(",")
        guard take("}") else { throw unexpected() }
        return members
    }

    private mutating func list() throws(OrderedJSON.Failure) -> [OrderedJSON] {
        try enter()
        defer { depth -= 1 }
        var values: [OrderedJSON] = []
        if take("]") { return values }
        repeat { values.append(try value()) } while take(",")
        guard take("]") else { throw unexpected() }
        return values
    }

    private mutating func enter() throws(OrderedJSON.Failure) {
        index += 1
        depth += 1
        guard depth <= Self.depthLimit else { throw .init(finding: "it is more than \(Self.depthLimit) levels deep") }
    }

    private mutating func text() throws(OrderedJSON.Failure) -> String {
        let (quote, backslash) = (UInt8(ascii: "\""), UInt8(ascii: "\\"))
        let start = index + 1
        index = start
        while index < bytes.count, bytes[index] != quote, bytes[index] != backslash { index += 1 }
        var text = bytes[start..<index]
        while index < bytes.count, bytes[index] != quote {
            if bytes[index] == backslash {
                try escape(into: &text)
            } else {
                text.append(bytes[index])
                index += 1
            }
        }
        guard index < bytes.count else { throw .init(finding: "a string in it does not end") }
        index += 1
        guard let string = String(validating: text, as: UTF8.self) else {
            throw .init(finding: "a string before byte \(index) is not UTF-8")
        }
        return string
    }

    private mutating func escape(into text: inout ArraySlice<UInt8>) throws(OrderedJSON.Failure) {
        index += 1
        guard index < bytes.count else { throw unexpected() }
        let kind = bytes[index]
        index += 1
        switch kind {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(kind)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): text += String(try scalar()).utf8
        default: throw unexpected()
        }
    }

    private mutating func scalar() throws(OrderedJSON.Failure) -> Unicode.Scalar {
        var value = try unit()
        if (0xD800..<0xDC00).contains(value), bytes[index...].starts(with: #"\u"#.utf8) {
            index += 2
            let low = try unit()
            guard (0xDC00..<0xE000).contains(low) else { throw .init(finding: "it has half a character (\\ud…)") }
            value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(value) else { throw .init(finding: "it has half a character (\\ud…)") }
        return scalar
    }

    private mutating func unit() throws(OrderedJSON.Failure) -> UInt32 {
        guard index + 4 <= bytes.count,
            let value = UInt32(String(decoding: bytes[index..<index + 4], as: UTF8.self), radix: 16)
        else { throw unexpected() }
        index += 4
        return value
    }

    private mutating func number() throws(OrderedJSON.Failure) -> Double {
        let start = index
        while index < bytes.count, "+-.eE0123456789".utf8.contains(bytes[index]) { index += 1 }
        let digits = bytes[start..<index]
        guard index - start < 64, let number = Double(String(decoding: digits, as: UTF8.self)) else {
            throw unexpected()
        }
        return number
    }

    private mutating func word(_ word: String, _ value: OrderedJSON) throws(OrderedJSON.Failure) -> OrderedJSON {
        guard bytes[index...].starts(with: word.utf8) else { throw unexpected() }
        index += word.utf8.count
        return value
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard index < bytes.count, bytes[index] == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    private mutating func skipSpace() {
        while index < bytes.count, [0x20, 0x0A, 0x0D, 0x09].contains(bytes[index]) { index += 1 }
    }

    private func unexpected() -> OrderedJSON.Failure {
        guard index < bytes.count else { return .init(finding: "it ends too early") }
        return .init(finding: "byte \(index) is not what JSON has there")
    }
}
