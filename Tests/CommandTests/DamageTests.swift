import Foundation
import Testing

/// Files that were cut short, changed or left alone half done are named, and nothing crashes.
struct DamageTests {
    private let folder = try! TemporaryFolder()
    private var offstage: OffstageCommand { OffstageCommand(folder: folder) }
    private let data = "experts/model/data.mdb"

    private func addModel() throws { try folder.addStore("model", from: SharedModels.small()) }

    private func failure(of arguments: String..., sourceLocation: SourceLocation = #_sourceLocation) throws -> String {
        let outcome = try offstage(arguments)
        #expect(outcome.code == 1, "\(outcome.code): \(outcome.notes)", sourceLocation: sourceLocation)
        #expect(outcome.notes.hasPrefix("Error: "), "\(outcome.notes)", sourceLocation: sourceLocation)
        return outcome.notes
    }

    @Test(arguments: [0, 3, 100, 5000, 60000])
    func `a GGUF that was cut short is named`(length: Int) throws {
        let whole = try Data(contentsOf: URL(fileURLWithPath: GoldenFiles.path("small-q8_0.gguf")))
        try whole.prefix(length).write(to: URL(fileURLWithPath: folder.file("cut.gguf")))
        #expect(try failure(of: "pack", "cut.gguf").contains("cut.gguf"))
        #expect(!folder.has("experts/cut/data.mdb"))
    }

    @Test(arguments: [0, 1, 4096, 10000, 200000])
    func `a store that was cut short is named`(length: Int) throws {
        try addModel()
        #expect(truncate(folder.file(data), off_t(length)) == 0)
        #expect(try failure(of: "run", "model", "hi").contains("experts/model"))
    }

    @Test func `a byte that changed in an expert is noticed and named`() throws {
        try folder.addStore("model", from: SharedModels.wide())
        try flipByteOfEveryExpert()
        let notes = try failure(of: "score", "model", "--text", Self.textFile(in: folder))
        #expect(
            notes.contains(/expert \d of layer \d/) && notes.contains("pack the model again with --force"), "\(notes)")
    }

    @Test(arguments: [0, 40, 4096 + 40, 8192 + 17, 3 * 4096 + 5])
    func `a byte that changed in the tree is noticed or harmless`(offset: Int) throws {
        try addModel()
        try change(data, at: offset) { $0 ^ 0x55 }
        let run = try offstage("run", "model", "hi", "-n", "2")
        #expect(
            run.code == 0 || run.code == 1 && run.notes.hasPrefix("Error: experts/model"), "\(run.code): \(run.notes)")
    }

    @Test func `a store without its checksum is incomplete`() throws {
        try addModel()
        try FileManager.default.removeItem(atPath: folder.file("experts/model/tree.crc"))
        #expect(try failure(of: "run", "model", "hi").contains("copy the whole folder"))
    }

    @Test func `a folder that stands in the place of a file is named`() throws {
        try addModel()
        try FileManager.default.removeItem(atPath: folder.file(data))
        try FileManager.default.createDirectory(atPath: folder.file(data), withIntermediateDirectories: true)
        #expect(try failure(of: "run", "model", "hi").contains("experts/model"))
    }

    /// A large value lies in overflow pages: LMDB's flag 4 at byte 10 of the first, the number of pages at byte 12.
    private func flipByteOfEveryExpert() throws {
        var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder.file(data))))
        var page = 2
        while page < bytes.count / 4096 {
            let start = page * 4096
            let pages = bytes[start + 10] == 4 ? Int(bytes[start + 12]) + Int(bytes[start + 13]) << 8 : 1
            if pages > 60 { bytes[start + pages / 2 * 4096] ^= 1 }
            page += max(pages, 1)
        }
        try Data(bytes).write(to: URL(fileURLWithPath: folder.file(data)))
    }

    private func change(_ name: String, at offset: Int, _ body: (UInt8) -> UInt8) throws {
        var bytes = try Data(contentsOf: URL(fileURLWithPath: folder.file(name)))
        bytes[offset] = body(bytes[offset])
        try bytes.write(to: URL(fileURLWithPath: folder.file(name)))
    }

    private static func textFile(in folder: TemporaryFolder) throws -> String {
        try folder.write(String(repeating: "some words to visit every expert with, ", count: 8), to: "text.txt")
        return "text.txt"
    }
}
