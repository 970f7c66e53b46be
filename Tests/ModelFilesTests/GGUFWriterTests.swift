import Foundation
import ModelFiles
import Tensors
import Testing

@Suite struct GGUFWriterTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private let tensors = [
        GGUFWriter.Tensor(name: "first", dimensions: [3], format: .f32),
        GGUFWriter.Tensor(name: "second", dimensions: [2, 32], format: .q8_0),
    ]

    private func write(_ bytes: [UInt8], to writer: inout GGUFWriter) throws {
        try bytes.withUnsafeBytes { try writer.append($0) }
    }

    @Test func `the bytes are those of the format`() throws {
        var expected = GGUFBytes()
        expected.set("number", 7 as UInt32)
        expected.set("real", 0.5 as Float)
        expected.set("truth", true)
        expected.set("text", "ab")
        expected.set("texts", ["", "▁c"])
        expected.set("reals", [1, -2] as [Float])
        expected.set("integers", [-1, 3] as [Int32])
        expected.tensors = [
            .init(name: "first", dimensions: [3], type: 0, bytes: Array(1...12)),
            .init(name: "second", dimensions: [32, 2], type: 8, bytes: Array(1...68)),
        ]
        let path = folder.path + "/out.gguf"
        var writer = try GGUFWriter(
            path: path,
            metadata: [
                ("number", .uint32(7)), ("real", .float32(0.5)), ("truth", .bool(true)), ("text", .string("ab")),
                ("texts", .strings(["", "▁c"])), ("reals", .float32s([1, -2])), ("integers", .int32s([-1, 3])),
            ], tensors: tensors)
        #expect(writer.size == expected.encoded.count)
        try write(Array(1...12), to: &writer)
        try write(Array(1...30), to: &writer)
        try write(Array(31...68), to: &writer)
        #expect(try !folder.names.contains("out.gguf"))
        try writer.finish()
        #expect(try folder.names == ["out.gguf"])
        #expect(try [UInt8](Data(contentsOf: URL(filePath: path))) == expected.encoded)
    }

    @Test func `nothing stays of a file that was not finished`() throws {
        do {
            var writer = try GGUFWriter(path: folder.path + "/out.gguf", metadata: [], tensors: tensors)
            try write(Array(1...12), to: &writer)
        }
        #expect(try folder.names == [])
    }

    @Test func `a disk without room is told before anything is written`() throws {
        let huge = GGUFWriter.Tensor(name: "huge", dimensions: [1 << 30, 1 << 20], format: .f32)
        let error = #expect(throws: ModelFileError.self) {
            _ = try GGUFWriter(path: folder.path + "/out.gguf", metadata: [], tensors: [huge])
        }
        #expect(error?.problem.contains("needs 4503599627370") == true)
        #expect(try folder.names == [])
    }

    @Test func `a folder that does not exist is told`() {
        let error = #expect(throws: ModelFileError.self) {
            _ = try GGUFWriter(path: folder.path + "/none/out.gguf", metadata: [], tensors: tensors)
        }
        #expect(error?.problem.contains("No such file or directory") == true)
    }
}
