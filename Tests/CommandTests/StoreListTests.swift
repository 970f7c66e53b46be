import Foundation
import Testing

/// The list of packed models, and how one of them goes.
struct StoreListTests {
    private let folder = try! TemporaryFolder()
    private var offstage: OffstageCommand { OffstageCommand(folder: folder) }

    private struct List: Decodable {
        struct Model: Decodable {
            var name: String
            var path: String
            var bytes: Int
            var state: String
            var formats: [String]
            var smallestBudget: Int?
            var source: String?
            var sourceState: String
            var problem: String?
        }
        var models: [Model]
    }

    private func list(_ arguments: String...) throws -> [List.Model] {
        let outcome = try offstage(["models", "--json"] + arguments)
        #expect(outcome.code == 0, "\(outcome.notes)")
        #expect(outcome.text.split(separator: "\n").count == 1)
        return try outcome.json(List.self).models
    }

    private func copy(_ golden: String, to name: String) throws {
        try? FileManager.default.removeItem(atPath: folder.file(name))
        try FileManager.default.copyItem(atPath: GoldenFiles.path(golden), toPath: folder.file(name))
    }

    @Test func `every place that models live in is listed, with what they were packed from`() throws {
        #expect(try list().isEmpty)
        #expect(try offstage("models").notes.contains("No model is packed in"))
        for name in ["changed", "gone", "here"] { try copy("small-q8_0.gguf", to: name + ".gguf") }
        #expect(try offstage("run", "here.gguf", "hi", "-n", "1").code == 0)
        try folder.addStore("old", from: SharedModels.small())
        try FileManager.default.removeItem(atPath: folder.file("experts/old/source.json"))
        for name in ["changed", "gone"] { #expect(try offstage("pack", name + ".gguf").code == 0) }
        try copy("small-q4_0.gguf", to: "changed.gguf")
        try FileManager.default.removeItem(atPath: folder.file("gone.gguf"))
        let models = try list()
        #expect(models.map(\.name) == ["changed", "gone", "old", "here"])
        #expect(models.map(\.sourceState) == ["changed", "gone", "unknown", "present"])
        #expect(models[3].source == URL(filePath: folder.file("here.gguf")).standardizedFileURL.path)
        #expect(models[3].path == folder.file("data/offstage/here"))
        for model in models {
            #expect(model.state == "complete" && model.problem == nil && model.formats == ["q8_0"])
            #expect(model.bytes > 100_000 && model.smallestBudget ?? 0 > 1 << 20)
        }
        let table = try offstage("models").text
        #expect(table.contains("experts\n") && table.contains("\(folder.path)/data/offstage\n"), "\(table)")
        #expect(table.contains("gone.gguf (gone)") && table.contains("changed.gguf (changed)"), "\(table)")
        #expect(try list("--experts-dir", "data/offstage").map(\.name) == ["here"])
    }

    @Test func `beginnings and damaged stores are said to be such`() throws {
        for name in ["begun", "damaged"] { try folder.addStore(name, from: SharedModels.small()) }
        try FileManager.default.removeItem(atPath: folder.file("experts/begun/tree.crc"))
        let file = try FileHandle(forUpdating: URL(filePath: folder.file("experts/damaged/data.mdb")))
        try file.truncate(atOffset: 8192)
        try folder.write("a note", to: "experts/README")
        let models = try list()
        #expect(models.map(\.name) == ["begun", "damaged"])
        #expect(models.map(\.state) == ["incomplete", "unreadable"])
        #expect(models.allSatisfy { $0.problem?.isEmpty == false })
        #expect(try offstage("models").text.contains("(incomplete)"))
    }

    @Test func `a store goes when it is meant to, and nothing else does`() throws {
        for name in ["one", "two", "three"] { try folder.addStore(name, from: SharedModels.small()) }
        let asked = try offstage("remove", "one")
        #expect(asked.code == 1 && asked.notes.contains("nobody can be asked; --yes"), "\(asked.notes)")
        #expect(folder.has("experts/one/data.mdb"))
        #expect(try offstage("remove", "one", "--yes").code == 0)
        #expect(try offstage("remove", "experts/two", "--force").code == 0)
        #expect(try list().map(\.name) == ["three"])
        #expect(!folder.has("experts/one") && !folder.has("experts/two"))
        #expect(try offstage("remove", "one", "--yes").notes.contains("there is no model one"))
        try folder.write("mine", to: "experts/three/thesis")
        let foreign = try offstage("remove", "three", "--yes")
        #expect(foreign.code == 1 && foreign.notes.contains("it holds thesis"), "\(foreign.notes)")
        #expect(folder.has("experts/three/data.mdb"))
        try folder.write("mine", to: "notes.txt")
        for path in ["notes.txt", "experts", "."] {
            let other = try offstage("remove", path, "--yes")
            #expect(
                other.code == 1 && other.notes.contains("is not a packed model; nothing was removed"), "\(other.notes)")
        }
        #expect(folder.has("notes.txt"))
    }

    @Test func `a store that is being packed stays`() throws {
        try folder.addStore("small", from: SharedModels.small())
        let descriptor = open(folder.file("experts/small"), O_RDONLY | O_DIRECTORY)
        #expect(flock(descriptor, LOCK_EX) == 0)
        let refused = try offstage("remove", "small", "--yes")
        #expect(refused.code == 1 && refused.notes.contains("is being packed just now"), "\(refused.notes)")
        #expect(folder.has("experts/small/data.mdb"))
        close(descriptor)
        #expect(try offstage("remove", "small", "--yes").code == 0)
    }

    @Test func `a link to a store is not followed when it is removed`() throws {
        try folder.addStore("small", from: SharedModels.small())
        try FileManager.default.createSymbolicLink(atPath: folder.file("experts/link"), withDestinationPath: "small")
        for link in ["link", "experts/link/"] {
            let refused = try offstage("remove", link, "--yes")
            #expect(refused.code == 1 && refused.notes.contains("is a link or a file"), "\(refused.notes)")
            #expect(folder.has("experts/small/data.mdb"))
        }
    }

    @Test func `a store goes by any path that leads to it`() throws {
        for path in ["experts/small/", "experts/small/."] {
            try folder.addStore("small", from: SharedModels.small())
            let removed = try offstage("remove", path, "--yes")
            #expect(removed.code == 0 && !folder.has("experts/small"), "\(removed.notes)")
        }
    }
}
