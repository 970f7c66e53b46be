/// Reads the fields of one protocol-buffer message, in file order.
///
/// Format: https://protobuf.dev/programming-guides/encoding. Groups (wire types 3 and 4) are refused: proto2 deprecated
/// them before SentencePiece existed.
struct ProtobufReader {
    enum Value {
        case varint(UInt64)
        case fixed64(UInt64)
        case fixed32(UInt32)
        case bytes(ArraySlice<UInt8>)
    }

    struct Failure: Error {
        let finding: String
    }

    private var rest: ArraySlice<UInt8>

    init(_ message: ArraySlice<UInt8>) { rest = message }

    /// The next field, or nil at the end of the message.
    mutating func next() throws(Failure) -> (number: Int, value: Value)? {
        guard !rest.isEmpty else { return nil }
        let tag = try varint()
        let number = tag >> 3
        guard (1...0x1FFF_FFFF).contains(number) else {
            throw Failure(finding: "field number \(number) before byte \(rest.startIndex)")
        }
        return (Int(number), try value(wireType: tag & 7))
    }

    private mutating func value(wireType: UInt64) throws(Failure) -> Value {
        switch wireType {
        case 0: return .varint(try varint())
        case 1: return .fixed64(littleEndian(try take(8)))
        case 2: return .bytes(try take(try varint()))
        case 5: return .fixed32(UInt32(truncatingIfNeeded: littleEndian(try take(4))))
        default: throw Failure(finding: "wire type \(wireType) before byte \(rest.startIndex)")
        }
    }

    private mutating func varint() throws(Failure) -> UInt64 {
        var result: UInt64 = 0
        for shift in stride(from: 0, to: 70, by: 7) {
            guard let byte = rest.popFirst() else {
                throw Failure(finding: "the file ends inside a number at byte \(rest.startIndex)")
            }
            result |= UInt64(byte & 0x7F) << UInt64(shift)
            if byte < 0x80 { return result }
        }
        throw Failure(finding: "a number of more than 10 bytes before byte \(rest.startIndex)")
    }

    private mutating func take(_ count: UInt64) throws(Failure) -> ArraySlice<UInt8> {
        guard count <= UInt64(rest.count) else {
            throw Failure(finding: "a field of \(count) bytes at byte \(rest.startIndex), where \(rest.count) are left")
        }
        defer { rest = rest.dropFirst(Int(count)) }
        return rest.prefix(Int(count))
    }

    private func littleEndian(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}

extension ProtobufReader.Value {
    /// A `bool`, an enumeration or an `int32`.
    var integer: Int32 {
        get throws(ProtobufReader.Failure) {
            guard case .varint(let value) = self else { throw mismatch(wanted: "a number") }
            return Int32(truncatingIfNeeded: value)
        }
    }

    var boolean: Bool {
        get throws(ProtobufReader.Failure) {
            guard case .varint(let value) = self else { throw mismatch(wanted: "true or false") }
            return value != 0
        }
    }

    var float: Float {
        get throws(ProtobufReader.Failure) {
            guard case .fixed32(let bits) = self else { throw mismatch(wanted: "a float") }
            return Float(bitPattern: bits)
        }
    }

    var bytes: ArraySlice<UInt8> {
        get throws(ProtobufReader.Failure) {
            guard case .bytes(let bytes) = self else { throw mismatch(wanted: "text or a message") }
            return bytes
        }
    }

    var string: String {
        get throws(ProtobufReader.Failure) {
            let bytes = try bytes
            guard let string = String(validating: bytes, as: UTF8.self) else {
                throw ProtobufReader.Failure(finding: "a string at byte \(bytes.startIndex) that is not UTF-8")
            }
            return string
        }
    }

    private func mismatch(wanted: String) -> ProtobufReader.Failure {
        let found =
            switch self {
            case .varint: "a number"
            case .fixed64: "8 bytes"
            case .fixed32: "4 bytes"
            case .bytes(let bytes): "\(bytes.count) bytes at byte \(bytes.startIndex)"
            }
        return ProtobufReader.Failure(finding: "\(found) where \(wanted) belongs")
    }
}
