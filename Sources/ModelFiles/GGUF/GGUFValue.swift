/// The types of metadata values, numbered as in the file.
package enum GGUFValueType: UInt32, Sendable {
    case uint8, int8, uint16, int16, uint32, int32, float32, bool, string, array, uint64, int64, float64

    /// Bytes of a value; nil where a length stands in front.
    var size: Int? {
        switch self {
        case .uint8, .int8, .bool: 1
        case .uint16, .int16: 2
        case .uint32, .int32, .float32: 4
        case .uint64, .int64, .float64: 8
        case .string, .array: nil
        }
    }
}

/// A value of a GGUF file's metadata, as the file has it.
package struct GGUFValue: Sendable, Equatable {
    /// The type of the value or, in an array, of its elements.
    let type: GGUFValueType
    /// The number of elements; nil for a value that is no array.
    let count: Int?
    /// Little-endian elements in a row; a string has its length in front, in 8 bytes.
    let bytes: [UInt8]
}

extension GGUFValue {
    package static func uint32(_ value: UInt32) -> GGUFValue { GGUFValue(.uint32, [value]) }
    package static func float32(_ value: Float) -> GGUFValue { GGUFValue(.float32, [value.bitPattern]) }
    package static func bool(_ value: Bool) -> GGUFValue { GGUFValue(.bool, [value ? 1 : 0] as [UInt8]) }
    package static func string(_ value: String) -> GGUFValue {
        GGUFValue(type: .string, count: nil, bytes: bytes(of: value))
    }
    package static func int32s(_ values: [Int32]) -> GGUFValue { GGUFValue(.int32, values, count: values.count) }
    package static func float32s(_ values: [Float]) -> GGUFValue {
        GGUFValue(.float32, values.map(\.bitPattern), count: values.count)
    }
    package static func strings(_ values: [String]) -> GGUFValue {
        GGUFValue(type: .string, count: values.count, bytes: values.flatMap(bytes(of:)))
    }

    private init(_ type: GGUFValueType, _ values: [some FixedWidthInteger], count: Int? = nil) {
        self.type = type
        self.count = count
        bytes = values.flatMap { value in withUnsafeBytes(of: value.littleEndian) { Array($0) } }
    }

    static func bytes(of string: String) -> [UInt8] {
        withUnsafeBytes(of: UInt64(string.utf8.count).littleEndian) { Array($0) } + Array(string.utf8)
    }
}

// Nil means that the value has another type, or that a number does not fit.
extension GGUFValue {
    var integer: Int? { count == nil ? integers(1)?.first : nil }
    var real: Double? { count == nil ? reals(1)?.first : nil }
    var string: String? { count == nil ? strings(1)?.first : nil }
    var boolean: Bool? { count == nil && type == .bool ? bytes[0] != 0 : nil }
    var integers: [Int]? { count.flatMap(integers) }
    var reals: [Double]? { count.flatMap(reals) }
    var strings: [String]? { count.flatMap(strings) }

    /// What it is, for messages.
    var kind: String { count.map { "an array of \($0) × \(type)" } ?? "a \(type)" }

    private func integers(_ count: Int) -> [Int]? {
        switch type {
        case .uint8: elements(count, UInt8.self)
        case .int8: elements(count, Int8.self)
        case .uint16: elements(count, UInt16.self)
        case .int16: elements(count, Int16.self)
        case .uint32: elements(count, UInt32.self)
        case .int32: elements(count, Int32.self)
        case .uint64: elements(count, UInt64.self)
        case .int64: elements(count, Int64.self)
        case .float32, .float64, .bool, .string, .array: nil
        }
    }

    private func reals(_ count: Int) -> [Double]? {
        switch type {
        case .float32: (0..<count).map { Double(Float(bitPattern: element($0))) }
        case .float64: (0..<count).map { Double(bitPattern: element($0)) }
        default: integers(count)?.map(Double.init)
        }
    }

    private func strings(_ count: Int) -> [String]? {
        guard type == .string else { return nil }
        var strings: [String] = []
        var position = 0
        for _ in 0..<count {
            let length = Int(bytes[position..<position + 8].littleEndian(UInt64.self))
            position += 8
            let text = bytes[position..<position + length]
            guard let string = String(validating: text, as: UTF8.self) else { return nil }
            strings.append(string)
            position += length
        }
        return strings
    }

    private func elements<Number: FixedWidthInteger>(_ count: Int, _: Number.Type) -> [Int]? {
        var integers: [Int] = []
        integers.reserveCapacity(count)
        for index in 0..<count {
            guard let integer = Int(exactly: element(index) as Number) else { return nil }
            integers.append(integer)
        }
        return integers
    }

    private func element<Number: FixedWidthInteger>(_ index: Int) -> Number {
        let size = Number.bitWidth / 8
        return bytes[index * size..<(index + 1) * size].littleEndian(Number.self)
    }
}

extension Collection<UInt8> {
    /// The integer whose bytes these are, the lowest first.
    func littleEndian<Number: FixedWidthInteger>(_: Number.Type = Number.self) -> Number {
        var number: Number = 0
        for (index, byte) in enumerated() { number |= Number(truncatingIfNeeded: byte) << (8 * index) }
        return number
    }
}
