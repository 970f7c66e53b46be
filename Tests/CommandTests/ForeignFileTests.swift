import Foundation
import Testing

/// Files as strangers have them: with other names, in a hub's cache, in pieces.
struct ForeignFileTests {
    private let folder = try! TemporaryFolder()
    private var offstage: OffstageCommand { OffstageCommand(folder: folder) }
    private let golden = GoldenFiles.path("small-q8_0.gguf")

    private func copy(_ source: String, to name: String) throws {
        let parent = (folder.file(name) as NSString).deletingLastPathComponent
        try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: source, toPath: folder.file(name))
    }

    private func failure(of arguments: [String]) throws -> String {
        let outcome = try offstage(arguments)
        #expect(outcome.code == 1, "\(outcome.notes)")
        #expect(outcome.text.isEmpty)
        return outcome.notes
    }

    @Test(arguments: ["experts/small/data.mdb", "small/data.mdb"])
    func `a store's data stands for the store`(path: String) throws {
        try folder.addStore("small", from: SharedModels.small())
        for command in [["run", path, "hi", "-n", "2"], ["inspect", path], ["tokenize", path, "hi"]] {
            let outcome = try offstage(command)
            #expect(outcome.code == 0, "\(command): \(outcome.notes)")
        }
    }

    @Test func `what is left out of a model is said once, when it is packed`() throws {
        let export = try offstage(
            "export", GoldenFiles.path("small-f32.gguf"), "--format", "hugging-face", "--out", "sees")
        #expect(export.code == 0, "\(export.notes)")
        let configuration = try String(contentsOfFile: folder.file("sees/config.json"), encoding: .utf8)
        let type = "\"model_type\""
        try folder.write(
            configuration.replacingOccurrences(of: type, with: "\"vision_config\": {\"depth\": 2}, " + type),
            to: "sees/config.json")
        let note = "Warning: the part that takes pictures or sound is left out (vision_config): the model gets nothing"
        for (arguments, count) in [
            (["run", "sees", "hi", "-n", "2"], 1), (["run", "sees", "hi", "-n", "2"], 0),
            (["pack", "sees", "--name", "other"], 1), (["export", "sees", "--format", "gguf", "--out", "x.gguf"], 1),
        ] {
            let outcome = try offstage(arguments)
            #expect(outcome.code == 0, "\(outcome.notes)")
            #expect(outcome.notes.components(separatedBy: note).count - 1 == count, "\(outcome.notes)")
        }
    }

    @Test func `in the folder of a store its data stands for it, too`() throws {
        try folder.addStore("small", from: SharedModels.small())
        let outcome = try offstage.shell("cd experts/small && \"$offstage\" run data.mdb hi -n 2")
        #expect(outcome.code == 0, "\(outcome.notes)")
    }

    @Test func `run says what pack says of what cannot be packed`() throws {
        try copy(golden, to: "ggufs/a.gguf")
        try copy(golden, to: "ggufs/b.gguf")
        try copy(golden, to: "m.gguf.part1of2")
        try folder.write("GGUF", to: "cut.gguf")
        try folder.write("hello", to: "notes.txt")
        for path in ["ggufs", "m.gguf.part1of2", "cut.gguf", "notes.txt"] {
            let packing = try failure(of: ["pack", path])
            let running = try failure(of: ["run", path, "hi"])
            #expect(
                running
                    == "Error: \(path) is neither a packed model nor one that can be packed. "
                    + packing.dropFirst("Error: ".count).dropLast()
                    + " No model is packed in experts yet; `offstage pack` makes one.\n")
        }
        #expect(
            try failure(of: ["run", "ggufs", "hi"]).contains("(a.gguf, b.gguf). Give the file itself: ggufs/a.gguf"))
    }

    @Test func `a link to nothing is said to be one`() throws {
        try FileManager.default.createSymbolicLink(
            atPath: folder.file("model.gguf"), withDestinationPath: "blobs/0af3")
        for command in [["run", "model.gguf", "hi"], ["pack", "model.gguf"], ["inspect", "model.gguf"]] {
            #expect(
                try failure(of: command).contains("model.gguf: is a link to blobs/0af3, which is missing"), "\(command)"
            )
        }
    }

    @Test func `a snapshot of a hub is packed under the name of its repository`() throws {
        let snapshot = "hub/models--org--Tiny-MoE/snapshots/0123456789abcdef0123456789abcdef01234567"
        try copy(GoldenFiles.path("odd"), to: snapshot)
        let packed = try offstage("pack", snapshot)
        #expect(packed.code == 0 && packed.notes.contains("into experts/tiny-moe:"), "\(packed.notes)")
        #expect(try offstage("inspect", "tiny-moe", "--json").json(Summary.self).name == "Tiny-MoE")
    }

    @Test(
        .enabled(
            if: getuid() != 0 || access("/usr/bin/setpriv", X_OK) == 0,
            "root may read everything, and setpriv is needed to be somebody else"))
    func `a folder that may not be read is said to be so`() throws {
        try copy(GoldenFiles.path("odd"), to: "odd")
        chmod(folder.file("odd"), 0)
        defer { chmod(folder.file("odd"), 0o755) }
        let somebody = getuid() == 0 ? "setpriv --reuid 65534 --regid 65534 --clear-groups " : ""
        for command in ["run odd hi", "pack odd", "inspect odd", "tokenize odd hi"] {
            let outcome = try offstage.shell("\(somebody)\"$offstage\" \(command)")
            #expect(outcome.code == 1, "\(outcome.notes)")
            #expect(
                outcome.notes.contains("odd: the folder may not be read. Check its permissions"), "\(outcome.notes)")
        }
    }

    @Test(arguments: ["Q4_0", "q4-0", "Q4-0"])
    func `a format may be written in capitals`(format: String) throws {
        let packed = try offstage("pack", GoldenFiles.path("small-f32.gguf"), "--name", "m", "--quantize", format)
        #expect(packed.code == 0, "\(packed.notes)")
        #expect(
            try offstage("inspect", "m", "--json").json(Summary.self).expertFormats.keys.sorted() == ["q4_0"])
    }

    @Test func `other names of values may be, too`() throws {
        try folder.addStore("small", from: SharedModels.small())
        let run = try offstage("run", "small", "hi", "-n", "2", "--policy", "LRU", "--prefetch", "Off", "--ram", "MIN")
        #expect(run.code == 0, "\(run.notes)")
        let export = try offstage("export", golden, "--format", "GGUF", "--out", "out.gguf", "--force")
        #expect(export.code == 0, "\(export.notes)")
    }
}
