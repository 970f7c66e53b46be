import Foundation
import ModelFiles
import Tensors
import Testing

@Suite struct SafetensorsWriterTests {
    let folder: TemporaryFolder
    private var path: String { folder.path + "/out.safetensors" }

    init() throws { folder = try TemporaryFolder() }

    private func write(_ bytes: [UInt8], to writer: inout SafetensorsWriter) throws {
        try bytes.withUnsafeBytes { try writer.append($0) }
    }

    @Test func `a file is what the format says, byte for byte`() throws {
        var writer = try SafetensorsWriter(
            path: path, metadata: ["a/b": "\"ä\""],
            tensors: [
                .init(name: "x", shape: [1, 2]), .init(name: "none", shape: [0, 5]),
                .init(name: "y", type: .u8, shape: [3]),
            ])
        var matrix = Matrix([[1, -2]])
        try matrix.withView { try writer.append($0) }
        try write([7], to: &writer)
        try write([8, 9], to: &writer)
        #expect(try !folder.names.contains("out.safetensors"))
        let size = writer.size
        try writer.finish()
        #expect(try folder.names == ["out.safetensors"])
        let found = try [UInt8](Data(contentsOf: URL(filePath: path)))
        let json =
            #"{"__metadata__":{"a/b":"\"ä\""},"none":{"data_offsets":[8,8],"dtype":"F32","shape":[0,5]},"#
            + #""x":{"data_offsets":[0,8],"dtype":"F32","shape":[1,2]},"y":{"data_offsets":[8,11],"dtype":"U8","shape":[3]}}"#
        let header = Array(json.utf8) + [UInt8](repeating: 32, count: (8 - json.utf8.count % 8) % 8)
        #expect(found.count == size)
        #expect(found == bytes(UInt64(header.count)) + header + floats([1, -2]) + [7, 8, 9])
    }

    @Test func `what was written is read back`() throws {
        var writer = try SafetensorsWriter(
            path: path, metadata: ["format": "test"],
            tensors: [
                .init(name: "floats", shape: [2, 3]), .init(name: "integers", type: .i32, shape: [2]),
                .init(name: "halves", type: .bf16, shape: [2]), .init(name: "bytes", type: .u8, shape: [2]),
            ])
        try write(floats([1, 2, 3, 4, 5, 6.5]), to: &writer)
        try write(bytes(Int32(-3)) + bytes(Int32(70_000)), to: &writer)
        try write([0x80, 0x3F, 0x00, 0xC0], to: &writer)
        try write([1, 255], to: &writer)
        try writer.finish()
        let file = try SafetensorsFile(path: path)
        #expect(file.metadata == ["format": "test"])
        #expect(Set(file.names) == ["floats", "integers", "halves", "bytes"])
        #expect(file.shape(of: "floats") == [2, 3])
        #expect(file.shape(of: "nothing") == nil)
        #expect(try file.numbers(of: "floats") == [1, 2, 3, 4, 5, 6.5])
        #expect(try file.numbers(of: "integers") == [-3, 70_000])
        #expect(try file.numbers(of: "halves") == [1, -2])
        #expect(try file.bytes(of: "bytes") == [1, 255])
        var matrix = Matrix(rows: 3, columns: 2)
        try matrix.withView { try file.read("floats", into: $0) }
        #expect(matrix[2, 1] == 6.5)
        #expect(throws: ModelFileError.self) { try matrix.withView { try file.read("halves", into: $0) } }
        #expect(throws: ModelFileError.self) { try file.numbers(of: "bytes") }
        #expect(throws: ModelFileError.self) { try file.bytes(of: "nothing") }
    }

    @Test func `a file that is not finished leaves the one before it alone`() throws {
        try folder.write("before", as: "out.safetensors")
        do {
            var writer = try SafetensorsWriter(path: path, tensors: [.init(name: "x", shape: [2])])
            try write(floats([1]), to: &writer)
        }
        #expect(try folder.names == ["out.safetensors"])
        #expect(try String(contentsOf: URL(filePath: path), encoding: .utf8) == "before")
    }

    @Test func `a disk without room is told before anything is written`() throws {
        let error = #expect(throws: ModelFileError.self) {
            _ = try SafetensorsWriter(path: path, tensors: [.init(name: "huge", shape: [1 << 30, 1 << 20])])
        }
        #expect(error?.problem.contains("needs 45035996273") == true)
        #expect(try folder.names == [])
    }
}

private func floats(_ numbers: [Float]) -> [UInt8] { numbers.flatMap { bytes($0.bitPattern) } }
