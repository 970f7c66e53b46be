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
        ("mixtral.gguf", "Give the file itself"),
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

    @Test func `a hub's cache is answered with the snapshot that its main branch means`() throws {
        for name in ["blobs", "refs", "snapshots/aaaa", "snapshots/bbbb"] {
            try FileManager.default.createDirectory(
                atPath: folder.path + "/" + name, withIntermediateDirectories: true)
        }
        try folder.write("bbbb", as: "refs/main")
        let error = #expect(throws: ModelFileError.self) { try ModelFile.open(path: folder.path) }
        #expect(error?.problem == "is a hub's cache of a model")
        #expect(error?.remedy == "Give the folder with its files: \(folder.path)/snapshots/bbbb")
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
