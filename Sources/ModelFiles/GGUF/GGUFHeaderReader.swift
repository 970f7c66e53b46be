/// Reads the header of a GGUF file in order, through a window of bounded size.
///
/// Every count and length is compared with what the file has left before anything is allocated for it.
struct GGUFHeaderReader {
    private static let windowSize = 1 << 16
    /// No name or value of a real file comes near it.
    private static let longestString = 1 << 24

    let file: InputFile
    /// Bytes read so far.
    private(set) var position = 0
    private(set) var digest = SourceDigest()
    private var window: ArraySlice<UInt8> = []

    init(_ file: InputFile) { self.file = file }

    /// Bytes of the file that lie behind the position.
    var remaining: Int { file.size - position }

    mutating func integer<Number: FixedWidthInteger>(_ what: String, _: Number.Type = Number.self) throws -> Number {
        try bytes(Number.bitWidth / 8, what).littleEndian()
    }

    /// A count of things that take at least `size` bytes each.
    mutating func count(_ what: String, ofAtLeast size: Int) throws -> Int {
        let count = try integer(what, UInt64.self)
        guard count <= remaining / size else {
            throw file.error(
                "says it has \(count) \(what), more than its \(file.size) bytes can hold",
                "The file is damaged or incomplete: fetch it again")
        }
        return Int(count)
    }

    mutating func string(_ what: String) throws -> String {
        let length = try stringLength(what)
        guard let string = String(validating: try bytes(length, what), as: UTF8.self) else {
            throw file.error("has \(what) that is not UTF-8 (before byte \(position))")
        }
        return string
    }

    mutating func value(of key: String) throws -> GGUFValue {
        let type = try valueType(key)
        guard type == .array else { return GGUFValue(type: type, count: nil, bytes: try element(type, key)) }
        let elementType = try valueType(key)
        guard elementType != .array else {
            throw file.error("has arrays in an array as \(key), which is not supported")
        }
        let count = try count("elements of \(key)", ofAtLeast: elementType.size ?? 8)
        if let size = elementType.size {
            return GGUFValue(type: elementType, count: count, bytes: try bytes(count * size, key))
        }
        var strings: [UInt8] = []
        for _ in 0..<count { strings += try element(elementType, key) }
        return GGUFValue(type: elementType, count: count, bytes: strings)
    }

    private mutating func valueType(_ key: String) throws -> GGUFValueType {
        let number = try integer("the type of \(key)", UInt32.self)
        guard let type = GGUFValueType(rawValue: number) else {
            throw file.error("has \(key) with the value type \(number), which GGUF does not define")
        }
        return type
    }

    private mutating func element(_ type: GGUFValueType, _ key: String) throws -> [UInt8] {
        if let size = type.size { return try bytes(size, key) }
        let length = try stringLength(key)
        return withUnsafeBytes(of: UInt64(length).littleEndian) { Array($0) } + (try bytes(length, key))
    }

    private mutating func stringLength(_ what: String) throws -> Int {
        let length = try count("bytes in \(what)", ofAtLeast: 1)
        guard length <= Self.longestString else {
            throw file.error("has \(what) of \(length) bytes, too long to be true")
        }
        return length
    }

    /// The next `count` bytes.
    private mutating func bytes(_ count: Int, _ what: String) throws -> [UInt8] {
        guard count <= remaining else {
            throw file.error(
                "ends at byte \(file.size), in the middle of \(what)",
                "The file is incomplete: fetch it again")
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        while bytes.count < count {
            if window.isEmpty {
                window = try file.bytes(at: position, count: min(Self.windowSize, remaining))[...]
            }
            let piece = window.prefix(count - bytes.count)
            bytes += piece
            window = window.dropFirst(piece.count)
            position += piece.count
        }
        digest.combine(bytes)
        return bytes
    }
}
