/// Builds GGUF files byte by byte, possible and impossible ones.
struct GGUFBytes {
    struct Tensor {
        var name: String
        /// The innermost first.
        var dimensions: [UInt64]
        var type: UInt32
        var bytes: [UInt8] = []
        /// Where the header says it is; nil: where it really is.
        var offset: UInt64?
    }

    var version: UInt32 = 3
    var metadata: [(key: String, type: UInt32, value: [UInt8])] = []
    var tensors: [Tensor] = []
    var alignment = 32
    /// What the header says; nil: the truth.
    var tensorCount: UInt64?
    var metadataCount: UInt64?

    mutating func set(_ key: String, type: UInt32, _ value: [UInt8]) {
        metadata.removeAll { $0.key == key }
        metadata.append((key, type, value))
    }

    mutating func set(_ key: String, _ value: UInt32) { set(key, type: 4, bytes(value)) }
    mutating func set(_ key: String, _ value: Float) { set(key, type: 6, bytes(value.bitPattern)) }
    mutating func set(_ key: String, _ value: Bool) { set(key, type: 7, [value ? 1 : 0]) }
    mutating func set(_ key: String, _ value: String) { set(key, type: 8, string(value)) }
    mutating func set(_ key: String, _ values: [String]) { setArray(key, of: 8, values.map(string)) }
    mutating func set(_ key: String, _ values: [Float]) { setArray(key, of: 6, values.map { bytes($0.bitPattern) }) }
    mutating func set(_ key: String, _ values: [Int32]) { setArray(key, of: 5, values.map { bytes($0) }) }
    mutating func setArray(_ key: String, of type: UInt32, _ elements: [[UInt8]]) {
        set(key, type: 9, bytes(type) + bytes(UInt64(elements.count)) + elements.flatMap(\.self))
    }

    mutating func remove(_ key: String) { metadata.removeAll { $0.key == key } }
    mutating func removeTensor(_ name: String) { tensors.removeAll { $0.name == name } }
    mutating func change(_ name: String, _ body: (inout Tensor) -> Void) {
        for index in tensors.indices where tensors[index].name == name { body(&tensors[index]) }
    }

    var encoded: [UInt8] {
        var header = Array("GGUF".utf8) + bytes(version)
        header += bytes(tensorCount ?? UInt64(tensors.count)) + bytes(metadataCount ?? UInt64(metadata.count))
        for (key, type, value) in metadata { header += string(key) + bytes(type) + value }
        var data: [UInt8] = []
        for tensor in tensors {
            header += string(tensor.name) + bytes(UInt32(tensor.dimensions.count))
            header += tensor.dimensions.flatMap { bytes($0) }
            header += bytes(tensor.type) + bytes(tensor.offset ?? UInt64(data.count))
            data += padded(tensor.bytes)
        }
        return padded(header) + data
    }

    private func padded(_ bytes: [UInt8]) -> [UInt8] {
        bytes + [UInt8](repeating: 0, count: (alignment - bytes.count % alignment) % alignment)
    }
}

func bytes(_ number: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: number.littleEndian) { Array($0) } }

private func string(_ text: String) -> [UInt8] { bytes(UInt64(text.utf8.count)) + Array(text.utf8) }
