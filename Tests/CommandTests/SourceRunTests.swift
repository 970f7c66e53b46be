import Foundation
import Testing

/// Models that are run straight from their files: packed the first time, found again after that.
struct SourceRunTests {
    private let folder = try! TemporaryFolder()
    private var offstage: OffstageCommand { OffstageCommand(folder: folder) }
    private let golden = GoldenFiles.path("small-q8_0.gguf")

    private func copy(_ source: String, to name: String) throws {
        let parent = (folder.file(name) as NSString).deletingLastPathComponent
        try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        try? FileManager.default.removeItem(atPath: folder.file(name))
        try FileManager.default.copyItem(atPath: source, toPath: folder.file(name))
    }

    /// Runs a model that must run, and tells what it says.
    private func run(_ model: String, _ arguments: String...) throws -> Outcome {
        let outcome = try offstage(["run", model, "hi", "-n", "4"] + arguments)
        #expect(outcome.code == 0, "\(outcome.notes)")
        return outcome
    }

    private func stores(in place: String = "data/offstage") -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.file(place))) ?? []).sorted()
    }

    private static func isPacking(_ outcome: Outcome) -> Bool { outcome.notes.contains("Packed ") }

    @Test func `a file is packed once, where stores live, and gives what its store gives`() throws {
        try copy(golden, to: "Tiny-MoE.gguf")
        let expected = try run(SharedModels.small()).text
        let first = try run("Tiny-MoE.gguf", "--json")
        #expect(
            Self.isPacking(first) && first.notes.contains("into \(folder.path)/data/offstage/tiny-moe:"),
            "\(first.notes)")
        #expect(first.text.dropLast(first.lastLine.count + 1) == expected)
        #expect(first.text.split(separator: "\n").filter { $0.hasPrefix("{") }.count == 1)
        for name in ["Tiny-MoE.gguf", folder.file("Tiny-MoE.gguf"), "./Tiny-MoE.gguf", "tiny-moe"] {
            let again = try run(name)
            #expect(again.text == expected && !Self.isPacking(again), "\(name): \(again.notes)")
        }
        #expect(stores() == ["tiny-moe"])
    }

    @Test func `it goes to the folder of this place where there is one, and to the one that is named`() throws {
        try copy(golden, to: "m.gguf")
        try FileManager.default.createDirectory(atPath: folder.file("experts"), withIntermediateDirectories: true)
        #expect(try run("m.gguf").notes.contains("into experts/m:"))
        #expect(try run("m.gguf", "--experts-dir", "mine").notes.contains("into mine/m:"))
        #expect(stores(in: "experts") == ["m"] && stores(in: "mine") == ["m"] && stores().isEmpty)
    }

    @Test func `scores and profiles take files, too`() throws {
        try copy(golden, to: "m.gguf")
        try folder.write("once upon a time", to: "text.txt")
        let score = try offstage("score", "m.gguf", "--text", "text.txt", "--json")
        #expect(score.code == 0 && Self.isPacking(score), "\(score.notes)")
        #expect(try score.json(Scores.self).perplexity > 0)
        let profile = try offstage("profile", "m.gguf", "--text", "text.txt", "--json")
        #expect(profile.code == 0 && !Self.isPacking(profile), "\(profile.notes)")
        #expect(profile.text.hasPrefix("{") && profile.text.split(separator: "\n").count == 1)
        let against = try offstage("profile", "m.gguf", "--text", "text.txt", "--against", "m.gguf")
        #expect(against.code == 0, "\(against.notes)")
    }

    @Test func `a file that has changed is packed again, and that is said`() throws {
        try copy(golden, to: "m.gguf")
        _ = try run("m.gguf")
        try copy(GoldenFiles.path("small-q4_0.gguf"), to: "m.gguf")
        let changed = try run("m.gguf")
        #expect(
            changed.notes.contains("m.gguf is packed again into \(folder.path)/data/offstage/m: it has changed.\n"),
            "\(changed.notes)")
        #expect(try offstage("inspect", "m", "--json").json(Summary.self).expertFormats.keys.contains("q4_0"))
        #expect(try !Self.isPacking(run("m.gguf")))
        #expect(stores() == ["m"])
    }

    @Test func `what a person packed is used when it is the same, and else left alone`() throws {
        try copy(golden, to: "m.gguf")
        #expect(try offstage("pack", "m.gguf", "--name", "mine").code == 0)
        #expect(try !Self.isPacking(run("m.gguf")))
        #expect(stores(in: "experts") == ["mine"])
        // Of that name, but made from something else: by hand, or with other weights.
        #expect(try offstage("pack", GoldenFiles.path("small-f32.gguf"), "--name", "other").code == 0)
        try copy(GoldenFiles.path("small-q4_0.gguf"), to: "other.gguf")
        #expect(try run("other.gguf").notes.contains("into experts/other-2:"))
        try copy(GoldenFiles.path("small-f16.gguf"), to: "m.gguf")
        #expect(try run("m.gguf").notes.contains("into experts/m:"))
        #expect(stores(in: "experts") == ["m", "mine", "other", "other-2"])
        #expect(try offstage("inspect", "other", "--json").json(Summary.self).expertFormats.keys.sorted() == ["f32"])
        #expect(try offstage("inspect", "mine", "--json").json(Summary.self).expertFormats.keys.sorted() == ["q8_0"])
    }

    @Test func `a store that was quantized on the way is not what the file holds`() throws {
        try copy(GoldenFiles.path("small-f32.gguf"), to: "m.gguf")
        #expect(try offstage("pack", "m.gguf", "--name", "small", "--quantize", "q4_0").code == 0)
        #expect(try run("m.gguf").notes.contains("into experts/m:"))
        #expect(stores(in: "experts") == ["m", "small"])
    }

    @Test func `a file is known where it was moved to, and its store where the file is gone`() throws {
        try copy(golden, to: "m.gguf")
        _ = try run("m.gguf")
        try FileManager.default.createDirectory(atPath: folder.file("elsewhere"), withIntermediateDirectories: true)
        try FileManager.default.moveItem(atPath: folder.file("m.gguf"), toPath: folder.file("elsewhere/n.gguf"))
        #expect(try !Self.isPacking(run("elsewhere/n.gguf")))
        #expect(stores() == ["m"])
        let gone = try run("m.gguf")
        #expect(
            gone.notes.contains("m.gguf is gone; its store \(folder.path)/data/offstage/m is used.\n"), "\(gone.notes)")
    }

    @Test(arguments: [
        "It's v0.1 (final).gguf", ".hidden.gguf", "-m.gguf", "ünïcode 模型.gguf", "a\nb.gguf", "$(touch oops).gguf",
    ])
    func `names may be odd`(name: String) throws {
        try copy(golden, to: name)
        let first = try run("./" + name)
        #expect(Self.isPacking(first))
        #expect(first.notes.split(separator: "\n").count == 2, "\(first.notes)")
        #expect(try !Self.isPacking(run("./" + name)))
        #expect(stores().count == 1 && !folder.has("oops"))
        let listed = try offstage("models")
        #expect(listed.code == 0 && listed.text.split(separator: "\n").count == 3, "\(listed.text)")
        #expect(try offstage("remove", "--yes", "--", stores()[0]).code == 0)
        #expect(stores().isEmpty)
    }

    @Test func `a hub's cache, its snapshots and the one GGUF file in a folder are models`() throws {
        let repository = "hub/models--org--Tiny-MoE"
        let snapshot = repository + "/snapshots/0123456789abcdef0123456789abcdef01234567"
        let names = try FileManager.default.contentsOfDirectory(atPath: GoldenFiles.path("odd"))
        try FileManager.default.createDirectory(atPath: folder.file(snapshot), withIntermediateDirectories: true)
        for name in names {
            try copy(GoldenFiles.path("odd/\(name)"), to: repository + "/blobs/\(name.hashValue)")
            try FileManager.default.createSymbolicLink(
                atPath: folder.file(snapshot + "/" + name), withDestinationPath: "../../blobs/\(name.hashValue)")
        }
        try FileManager.default.createDirectory(
            atPath: folder.file(repository + "/refs"), withIntermediateDirectories: true)
        #expect(try run(snapshot).notes.contains("/tiny-moe:"))
        #expect(try !Self.isPacking(run(repository)))
        try copy(golden, to: "one/model.gguf")
        try folder.write("a model", to: "one/README.md")
        #expect(try run("one").notes.contains("/model:"))
        #expect(try !Self.isPacking(run("one/model.gguf")))
        try copy(golden, to: "one/other.gguf")
        let several = try offstage("run", "one", "hi")
        #expect(several.code == 1)
        #expect(
            several.notes.contains("(model.gguf, other.gguf). Give the file itself: one/model.gguf"), "\(several.notes)"
        )
        #expect(stores() == ["model", "tiny-moe"])
    }

    @Test func `a packer that is killed or interrupted leaves what the next run goes on with`() throws {
        let synth = try offstage(
            "synth", "m.gguf", "--hidden", "256", "--intermediate", "1024", "--heads", "4", "--vocab", "512")
        #expect(synth.code == 0, "\(synth.notes)")
        for (round, signal) in [SIGKILL, SIGINT, SIGKILL, SIGINT].enumerated() {
            let running = try offstage.start(["run", "m.gguf", "hi", "-n", "4"])
            let data = folder.file("data/offstage/m/data.mdb")
            let isSent = running.send(signal) { _ in access(data, F_OK) == 0 && running.computed >= 3 * round }
            let outcome = try running.finished()
            if isSent, outcome.code == 130 { #expect(outcome.text.isEmpty || outcome.text.hasSuffix("\n")) }
        }
        let finished = try run("m.gguf")
        #expect(try run("m.gguf").text == finished.text)
        #expect(stores() == ["m"])
        #expect(stores(in: "data/offstage/m") == ["data.mdb", "source.json", "tree.crc"])
    }

    @Test func `a full disk is said to be, and the same command goes on when there is room`() throws {
        try copy(GoldenFiles.path("small-f32.gguf"), to: "big.gguf")
        let limited = try offstage.shell("ulimit -f 200; \"$offstage\" run big.gguf hi -n 2")
        #expect(limited.code == 1 && limited.text.isEmpty)
        #expect(limited.notes.contains("make room and run the same command again"), "\(limited.notes)")
        _ = try run("big.gguf")
        #expect(stores() == ["big"])
    }

    @Test func `what cannot be packed leaves nothing behind`() throws {
        try folder.write("hello", to: "notes.txt")
        #expect(try offstage("run", "notes.txt", "hi").code == 1)
        #expect(stores().isEmpty)
    }

    @Test func `several programs that want one file pack it once, and all run it`() throws {
        try copy(golden, to: "m.gguf")
        let running = try (0..<4).map { _ in try offstage.start(["run", "m.gguf", "hi", "-n", "4"]) }
        let outcomes = try running.map { try $0.finished() }
        #expect(outcomes.allSatisfy { $0.code == 0 }, "\(outcomes.map(\.notes))")
        #expect(Set(outcomes.map(\.text)).count == 1)
        #expect(outcomes.count(where: Self.isPacking) == 1)
        #expect(stores() == ["m"])
    }

    @Test func `who finds a packer at work waits for it, and says so`() throws {
        try copy(golden, to: "m.gguf")
        _ = try run("m.gguf")
        try FileManager.default.removeItem(atPath: folder.file("data/offstage/m/tree.crc"))
        // Somebody holds the folder until the program says that it waits.
        let store = folder.file("data/offstage/m")
        let descriptor = open(store, O_RDONLY | O_DIRECTORY)
        #expect(flock(descriptor, LOCK_EX) == 0)
        let running = try offstage.startShell("exec \"$offstage\" run m.gguf hi -n 4 2> notes")
        while !((try? String(contentsOfFile: folder.file("notes"), encoding: .utf8)) ?? "").contains(
            "Waiting for another")
        {
            sched_yield()
        }
        close(descriptor)
        #expect(try running.finished().code == 0)
    }
}
