import Foundation
import Testing

/// Stores in folders that are links, mount points or read-only, and packers that are killed.
struct StoreFolderTests {
    private let folder = try! TemporaryFolder()
    private var offstage: OffstageCommand { OffstageCommand(folder: folder) }
    private let source = GoldenFiles.path("small-q8_0.gguf")

    static let canMount: Bool = {
        guard geteuid() == 0, let folder = try? TemporaryFolder() else { return false }
        return (try? OffstageCommand(folder: folder).shell("unshare -m true").code) == 0
    }()

    /// Runs lines of shell with mounts of their own, which end with them.
    private func mounted(_ lines: String) throws -> Outcome {
        try lines.write(toFile: folder.file("mounted.sh"), atomically: true, encoding: .utf8)
        return try offstage.shell("unshare -m bash -e mounted.sh")
    }

    @Test func `neighbors that are called like a packer's leftovers stay as they are`() throws {
        for name in ["tiny.old", "tiny.packing"] { try folder.addStore(name, from: SharedModels.small()) }
        try folder.write("mine", to: "experts/tiny.packing/notes")
        #expect(try offstage("pack", source, "--name", "tiny").code == 0)
        #expect(try offstage("pack", source, "--name", "tiny").code == 1)
        #expect(try offstage("pack", source, "--name", "tiny", "--force").code == 0)
        #expect(try offstage("run", "tiny.old", "hi", "-n", "2").code == 0)
        #expect(folder.has("experts/tiny.packing/notes") && folder.has("experts/tiny.packing/data.mdb"))
        #expect(
            try Set(FileManager.default.contentsOfDirectory(atPath: folder.file("experts")))
                == ["tiny", "tiny.old", "tiny.packing"])
    }

    @Test func `a store behind a link is replaced again and again`() throws {
        try folder.addStore("mix", from: SharedModels.small())
        try FileManager.default.moveItem(atPath: folder.file("experts/mix"), toPath: folder.file("disk"))
        try FileManager.default.createSymbolicLink(
            atPath: folder.file("experts/mix"), withDestinationPath: "../disk")
        for _ in 0..<2 { #expect(try offstage("pack", source, "--name", "mix", "--force").code == 0) }
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder.file("experts/mix")) == "../disk")
        #expect(try offstage("run", "mix", "hi", "-n", "2").code == 0)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.file("experts")) == ["mix"])
    }

    @Test(.enabled(if: canMount, "needs root, to mount"))
    func `a store on a mount point is replaced in it, and nothing is written beside it`() throws {
        let outcome = try mounted(
            """
            mkdir -p experts/volume
            mount --bind experts experts
            mount -t tmpfs none experts/volume
            mount -o remount,bind,ro experts
            "$offstage" pack \(source) --name volume
            "$offstage" pack \(source) --name volume --force --quantize-dense q8_0
            "$offstage" run volume hi -n 2
            ls -A experts experts/volume
            """)
        #expect(outcome.code == 0, "\(outcome.notes)")
        #expect(
            outcome.text.hasSuffix("experts:\nvolume\n\nexperts/volume:\ndata.mdb\nsource.json\ntree.crc\n"),
            "\(outcome.text)")
    }

    @Test(.enabled(if: canMount, "needs root, to mount"))
    func `a store on a read-only disk runs, and is not packed over`() throws {
        try folder.addStore("model", from: SharedModels.small())
        let outcome = try mounted(
            """
            mount --bind experts/model experts/model
            mount -o remount,bind,ro experts/model
            "$offstage" run model hi -n 2
            if "$offstage" pack \(source) --name model --force; then exit 9; fi
            "$offstage" run model hi -n 2
            """)
        #expect(outcome.code == 0, "\(outcome.notes)")
        #expect(
            outcome.notes.contains(
                "Error: experts/model: cannot be written to: Read-only file system; choose another place"))
    }

    @Test(.enabled(if: canMount, "needs root, to mount"))
    func `a disk that fills up while a store is replaced leaves the store as it was`() throws {
        let outcome = try mounted(
            """
            mkdir -p experts
            mount -t tmpfs -o size=24M none experts
            "$offstage" synth small.gguf --hidden 64 --layers 2
            "$offstage" pack small.gguf --name model
            head -c 20M /dev/zero > experts/ballast
            if "$offstage" pack small.gguf --name model --force; then exit 9; fi
            "$offstage" run model hi -n 2
            rm experts/ballast
            "$offstage" pack small.gguf --name model --force
            "$offstage" run model hi -n 2
            """)
        #expect(outcome.code == 0, "\(outcome.notes)")
        #expect(outcome.notes.contains("Error: experts/model: "), "\(outcome.notes)")
    }

    @Test(arguments: ["--force", ""]) func `a packer that is killed at any time is in nobody's way`(flag: String) throws
    {
        for round in 0..<12 {
            if round == 0 { try folder.addStore("model", from: SharedModels.small()) }
            let packer = try offstage.start(["pack", source, "--name", "model", "--force"])
            // Later and later, in hundredths of a second that the packer has computed.
            _ = packer.send(SIGKILL) { _ in packer.computed >= round }
            _ = try packer.finished()
            let run = try offstage("run", "model", "hi", "-n", "2")
            #expect(run.code == 0, "\(run.notes)")
            let again = try offstage(["pack", source, "--name", "model"] + (flag.isEmpty ? [] : [flag]))
            #expect(again.code == (flag.isEmpty ? 1 : 0), "\(again.notes)")
            #expect(flag.isEmpty == again.notes.contains("is a complete store"), "\(again.notes)")
        }
        #expect(try offstage("pack", source, "--name", "model", "--force").code == 0)
        #expect(
            try Set(FileManager.default.contentsOfDirectory(atPath: folder.file("experts/model")))
                == ["data.mdb", "source.json", "tree.crc"])
    }

    @Test func `a store runs in little address space`() throws {
        try folder.addStore("model", from: SharedModels.wide())
        let outcome = try offstage.shell(
            "ulimit -v 350000; OPENBLAS_NUM_THREADS=1 \"$offstage\" inspect model --threads 1")
        #expect(outcome.code == 0, "\(outcome.notes)")
    }
}
