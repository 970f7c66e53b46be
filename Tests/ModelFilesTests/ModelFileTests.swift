import Foundation
import ModelFiles
import Testing

@Suite struct ModelFileTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test(arguments: [
        ("", "is empty"),
        ("version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "git lfs pull"),
        ("PK\u{3}\u{4}", "PyTorch checkpoint"),
        ("tjgg", "before GGUF"),
        ("AAAAAAAA{\"__metadata__\"", "single safetensors file"),
        (#"{"model_type": "mixtral"}"#, "JSON file"),
        ("hello", "Supported are GGUF files"),
        ("GGUF", "too short"),
    ])
    func `a file that is no model is told what it is`(content: String, words: String) throws {
        let path = try folder.write(content, as: "file")
        let error = #expect(throws: ModelFileError.self) { try ModelFile.open(path: path) }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }

    @Test(arguments: [
        ("data.mdb", "LMDB store"),
        ("mixtral.gguf", "mixtral.gguf: is neither a GGUF file"),
        ("adapter_config.json", "adapter"),
        ("params.json", "without config.json"),
        ("notes.txt", "found: notes.txt"),
    ])
    func `a folder that is no model is told what it is`(name: String, words: String) throws {
        try folder.write("x", as: name)
        let error = #expect(throws: ModelFileError.self) { try ModelFile.open(path: folder.path) }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }

    @Test func `an LMDB file is told what it is`() throws {
        let start = [UInt8](repeating: 0, count: 16) + bytes(0xBEEF_C0DE as UInt32) + [0, 0, 0, 0]
        let path = try folder.write(start, as: "data.mdb")
        let error = #expect(throws: ModelFileError.self) { try ModelFile.open(path: path) }
        #expect(error?.problem.contains("LMDB") == true)
    }

    @Test(arguments: [
        ("m.gguf.part1of2", "cat m.gguf.part1of2 m.gguf.part2of2 > m.gguf"),
        ("m.gguf.part2of2", "cat m.gguf.part1of2 m.gguf.part2of2 > m.gguf"),
        ("m.gguf.part3of12", "cat m.gguf.part{1..12}of12 > m.gguf"),
        ("m.gguf-split-a", "cat m.gguf-split-* > m.gguf"),
        ("m.safetensors.part-02", "cat m.safetensors.part-* > m.safetensors"),
    ])
    func `a part of a file that was cut up is told how to put it together`(name: String, command: String) throws {
        let path = try folder.write("GGUF", as: name)
        let error = #expect(throws: ModelFileError.self) { try ModelFile.open(path: path) }
        let short = error?.description.replacingOccurrences(of: folder.path + "/", with: "") ?? ""
        #expect(short == "\(name): is only a part of a file that was cut up. Put the parts together first: \(command).")
        let inside = #expect(throws: ModelFileError.self) { try ModelFile.open(path: folder.path) }
        #expect(inside?.description.contains("has only parts of a file, such as \(name)") == true)
    }

    @Test func `of a folder with GGUF files those that can be given are named`() throws {
        for name in ["b.gguf", "a-00001-of-00002.gguf", "a-00002-of-00002.gguf"] { try folder.write("x", as: name) }
        let error = #expect(throws: ModelFileError.self) { try ModelFile.open(path: folder.path) }
        #expect(error?.problem == "is a folder with GGUF files (a-00001-of-00002.gguf, b.gguf)")
    }

    @Test func `in a hub's cache the snapshot that its main branch means is the model`() throws {
        for name in ["blobs", "refs", "snapshots/aaaa", "snapshots/bbbb"] {
            try FileManager.default.createDirectory(
                atPath: folder.path + "/" + name, withIntermediateDirectories: true)
        }
        try folder.write("bbbb", as: "refs/main")
        #expect(try ModelFile.location(of: folder.path) == folder.path + "/snapshots/bbbb")
        try FileManager.default.removeItem(atPath: folder.path + "/refs/main")
        #expect(try ModelFile.location(of: folder.path) == folder.path + "/snapshots/aaaa")
    }

    @Test func `the one GGUF file of a folder is the model, and of several none`() throws {
        let path = try folder.write("x", as: "m-00001-of-00002.gguf")
        for name in ["m-00002-of-00002.gguf", "README.md", "config.json"] { try folder.write("x", as: name) }
        for place in [folder.path, path, folder.path + "/m-00002-of-00002.gguf"] {
            #expect(try ModelFile.location(of: place) == path)
        }
        try folder.write("x", as: "n.gguf")
        #expect(try ModelFile.location(of: folder.path) == folder.path)
        try FileManager.default.removeItem(atPath: folder.path + "/n.gguf")
        try folder.write("x", as: "model.safetensors")
        #expect(try ModelFile.location(of: folder.path) == folder.path)
    }

    @Test func `a mark changes with every change of a file, and with nothing else`() throws {
        let path = try folder.write("weights", as: "m.gguf")
        let mark = try SourceMark(path: path)
        #expect(try SourceMark(path: path) == mark)
        try FileManager.default.moveItem(atPath: path, toPath: folder.path + "/n.gguf")
        #expect(try SourceMark(path: folder.path + "/n.gguf") == mark)
        try folder.write("Weights", as: "n.gguf")
        let changed = try SourceMark(path: folder.path + "/n.gguf")
        #expect(changed != mark)
        let whole = try SourceMark(path: folder.path)
        try folder.write("{}", as: "config.json")
        #expect(try SourceMark(path: folder.path) != whole)
        #expect(try SourceMark(path: folder.path + "/n.gguf") == changed)
        #expect(throws: ModelFileError.self) { try SourceMark(path: folder.path + "/nothing") }
    }

    @Test func `what does not exist is said so`() {
        let error = #expect(throws: ModelFileError.self) { try ModelFile.open(path: folder.path + "/nothing") }
        #expect(error?.problem.contains("no such file") == true)
        #expect(error?.localizedDescription == error?.description)
    }

    @Test func `an empty folder is said so`() {
        let error = #expect(throws: ModelFileError.self) { try ModelFile.open(path: folder.path) }
        #expect(error?.problem.contains("empty folder") == true)
    }

    @Test func `a pipe is refused without waiting for its writer`() throws {
        let path = folder.path + "/pipe.gguf"
        #expect(mkfifo(path, 0o600) == 0)
        let error = #expect(throws: ModelFileError.self) { try ModelFile.open(path: path) }
        #expect(error?.problem == "is not a regular file")
    }

    @Test(.enabled(if: getuid() != 0, "root may read everything"))
    func `a file that may not be read is said so`() throws {
        let path = try folder.write("GGUF", as: "secret.gguf")
        chmod(path, 0)
        let error = #expect(throws: ModelFileError.self) { try ModelFile.open(path: path) }
        #expect(error?.remedy?.contains("permissions") == true)
    }
}
