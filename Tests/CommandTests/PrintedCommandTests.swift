import Foundation
import Testing

/// Commands that the program prints work as they are printed.
struct PrintedCommandTests {
    private let sample = try! TrainingSample()
    private var offstage: OffstageCommand { sample.offstage }

    /// Runs every command that a program's notes hold, one after the other.
    private func paste(_ notes: String, count: Int, sourceLocation: SourceLocation = #_sourceLocation) throws
        -> [String]
    {
        let commands = notes.split(separator: "\n").filter { $0.hasPrefix("    offstage ") }.map {
            String($0.dropFirst(4))
        }
        #expect(commands.count == count, "\(notes)", sourceLocation: sourceLocation)
        for command in commands {
            let outcome = try offstage.shell("offstage() { \"$offstage\" \"$@\"; }; \(command)")
            #expect(outcome.code == 0, "\(command): \(outcome.notes)", sourceLocation: sourceLocation)
        }
        return commands
    }

    @Test(
        arguments: [
            ("poems", [], ["offstage pack poems", "offstage run poems \"…\""]),
            ("My Poems", [], ["offstage pack 'My Poems'", "offstage run 'my poems' \"…\""]),
            ("runs/it's/", [], [#"offstage pack 'runs/it'\''s/'"#, #"offstage run 'it'\''s' "…""#]),
            ("poems", ["--name", "verse"], ["offstage pack poems --name verse", "offstage run verse \"…\""]),
            (".poems", [], ["offstage pack .poems --name model", "offstage run model \"…\""]),
            (
                "poems", ["--experts-dir", "my models"],
                ["offstage pack poems --experts-dir 'my models'", "offstage run poems --experts-dir 'my models' \"…\""]
            ),
        ] as [(String, [String], [String])])
    func `a run is packed under its folder's name, unless it was given one`(
        out: String, flags: [String], commands: [String]
    ) throws {
        let trained = try offstage(TrainingSample.command(steps: 2, every: 2, out: out) + flags)
        #expect(trained.code == 0, "\(trained.notes)")
        #expect(try paste(trained.notes, count: 2) == commands)
    }

    @Test func `a run without a folder of its own goes under --experts-dir, and is found there`() throws {
        let folder = sample.folder
        try FileManager.default.createDirectory(atPath: folder.file("home/recipes"), withIntermediateDirectories: true)
        try folder.write(
            #"{"steps": 2, "layers": 1, "hidden": 16, "heads": 2, "context": 16, "batch": 4}"#,
            to: "home/recipes/mine.json")
        let home = ["--data", "text.txt", "--experts-dir", "home"]
        let trained = try offstage(["train", "mine"] + home)
        try #require(trained.code == 0, "\(trained.notes)")
        #expect(folder.has("home/training/mine/report.json") && !folder.has("experts"))
        let commands = try paste(trained.notes, count: 2)
        #expect(
            commands == [
                "offstage pack home/training/mine --experts-dir home", "offstage run mine --experts-dir home \"…\"",
            ])
        #expect(folder.has("home/mine/data.mdb") && !folder.has("experts"))
        // The packed model goes before the run of its name.
        try FileManager.default.removeItem(atPath: folder.file("home/mine"))
        let profile = try offstage("profile", "mine", "--experts-dir", "home")
        #expect(profile.code == 0, "\(profile.notes)")
        let compared = try offstage(["compare", "mine"] + home + ["--routers", "dense", "--seeds", "1"])
        #expect(compared.code == 0, "\(compared.notes)")
        #expect(folder.has("home/training/compare-mine/comparison.json") && !folder.has("experts"))
        let unknown = try offstage("train", "yours", "--experts-dir", "home")
        #expect(unknown.notes.contains("nor one in home/recipes/, which has mine"), "\(unknown.notes)")
    }
}
