import Foundation
import Testing

/// What is in a run's folder is kept, whatever goes wrong, until somebody says --force.
struct TrainFolderTests {
    private let sample = try! TrainingSample()
    private var offstage: OffstageCommand { sample.offstage }

    private func failure(of arguments: [String], sourceLocation: SourceLocation = #_sourceLocation) throws -> String {
        let outcome = try offstage(arguments)
        #expect(outcome.code == 1, "\(outcome.code): \(outcome.notes)", sourceLocation: sourceLocation)
        let errors = outcome.notes.split(separator: "\n").filter { $0.hasPrefix("Error: ") }
        #expect(errors.count == 1, "\(outcome.notes)", sourceLocation: sourceLocation)
        return outcome.notes
    }

    private func train(_ command: [String] = TrainingSample.command()) throws {
        let outcome = try offstage(command)
        try #require(outcome.code == 0, "\(outcome.notes)")
    }

    /// Leaves a run in the middle: as it is when it was killed before the last checkpoint.
    private func trainHalf() throws {
        try train()
        for name in ["step-00000024.safetensors", "report.json"] {
            try FileManager.default.removeItem(atPath: sample.folder.file("run/" + name))
        }
        #expect(sample.checkpoints() == ["step-00000018.safetensors"])
    }

    private func change(_ name: String, _ body: (inout Data) -> Void) throws {
        let url = URL(fileURLWithPath: sample.folder.file(name))
        var bytes = try Data(contentsOf: url)
        body(&bytes)
        try bytes.write(to: url)
    }

    private func contents(_ name: String) throws -> Data {
        try Data(contentsOf: URL(fileURLWithPath: sample.folder.file(name)))
    }

    @Test func `a run that has ended, and one by another recipe, stay until they are forced to go`() throws {
        try train()
        let command = TrainingSample.command()
        let weights = try sample.tensors()
        #expect(
            try failure(of: command).contains(
                "run holds this run already, and it has ended after step 24. Pack it, or start over with --force"))
        let other = try failure(of: command + ["--layers", "1", "--router", "switch", "--seed", "7"])
        #expect(
            other.contains("layers: 2 → 1") && other.contains("seed: 1 → 7") && other.contains("router"), "\(other)")
        #expect(!other.contains("hidden") && other.contains("--out") && other.contains("--force"), "\(other)")
        _ = try failure(of: command + ["--force", "--data", "missing.txt"])
        #expect(try sample.tensors() == weights)

        try train(command + ["--force", "--steps", "12"])
        #expect(sample.checkpoints() == ["step-00000006.safetensors", "step-00000012.safetensors"])
        #expect(try sample.loggedSteps() == Array(1...12))
    }

    @Test func `a recipe that was damaged is in the way of nothing but its own run`() throws {
        try trainHalf()
        try sample.folder.write("{", to: "run/recipe.json")
        let notes = try failure(of: TrainingSample.command())
        #expect(notes.contains("run holds a run whose recipe cannot be read: run/recipe.json is not JSON"), "\(notes)")
        #expect(notes.contains("Start over with --force") && sample.checkpoints() == ["step-00000018.safetensors"])
        try FileManager.default.removeItem(atPath: sample.folder.file("run/step-00000018.safetensors"))
        try train()
    }

    @Test func `starting over leaves what others put there`() throws {
        try FileManager.default.createDirectory(
            atPath: sample.folder.file("run/data"), withIntermediateDirectories: true)
        for name in ["run/thesis.txt", "run/data/mine.txt", "run/data/my.model"] {
            try sample.folder.write("mine", to: name)
        }
        try train()
        try train(TrainingSample.command() + ["--force"])
        for name in ["run/thesis.txt", "run/data/mine.txt", "run/data/my.model"] { #expect(sample.folder.has(name)) }
    }

    @Test(arguments: [
        ["--router", "top-k"], ["--router", "base"], ["--router", "expert-choice"], ["--router", "noisy-top-k"],
        ["--router", "stable"], ["--router", "sigmoid", "--z-loss", "0.01"],
    ])
    func `a learning rate that blows up ends with the step and the tensor`(router: [String]) throws {
        // The rate rises over the first half, so that there is a checkpoint before it is too high.
        let command = TrainingSample.command(steps: 24, every: 1) + ["--clip", "0", "--learning-rate", "1e30"] + router
        let notes = try failure(of: command)
        #expect(
            notes.contains(/step \d+: the (tensor|gradient of) [a-z_0-9.]+ is no longer a finite number/), "\(notes)")
        #expect(notes.contains("A lower learning rate or more warm-up helps"))
        if let step = notes.firstMatch(of: /the checkpoint of step (\d+) in run is good/) {
            let pack = try offstage("pack", "run", "--name", "model")
            #expect(pack.code == 0, "\(pack.notes)")
            #expect(sample.checkpoints().last?.hasSuffix("\(step.1).safetensors") == true)
            #expect(try sample.tensors().isFinite)
        } else {
            #expect(sample.checkpoints().isEmpty && notes.contains("no checkpoint had been written"))
        }
    }

    @Test(arguments: [["--learning-rate", "1e39", "--clip", "0"], ["--bias-rate", "1e39"]])
    func `what became infinite in the very last step is never written`(flags: [String]) throws {
        let notes = try failure(of: TrainingSample.command(steps: 1) + flags)
        #expect(notes.contains(/step 1: the tensor [a-z_0-9.]+ is no longer a finite number/), "\(notes)")
        #expect(sample.checkpoints().isEmpty)
    }

    @Test(arguments: [0, 7, 100, 3000])
    func `a checkpoint that was cut short is named, with the one before it`(length: Int) throws {
        try trainHalf()
        try FileManager.default.copyItem(
            atPath: sample.folder.file("run/step-00000018.safetensors"),
            toPath: sample.folder.file("run/step-00000020.safetensors"))
        try change("run/step-00000020.safetensors") { $0 = $0.prefix(length) }
        let notes = try failure(of: TrainingSample.command())
        #expect(notes.contains("run/step-00000020.safetensors"), "\(notes)")
        #expect(notes.contains("remove that file to go on after step 18, or start over with --force"), "\(notes)")
        #expect(sample.folder.size(of: "run/step-00000020.safetensors") == length)
        try FileManager.default.removeItem(atPath: sample.folder.file("run/step-00000020.safetensors"))
        try train()
    }

    @Test(
        arguments: [
            (#""training":"#, #""training2":"#, "does not say where training was"),
            (#"\"step\":18"#, #"\"step\":19"#, "it is of step 19"),
            (#"\"tokens\":"#, #"\"tokens\":-"#, "counts of"),
            (#"\"optimizerSteps\":18"#, #"\"optimizerSteps\":99"#, "99 updates in 18 steps"),
            (#"state.layers.0.router.counts"#, #"state.layers.0.router.counts2"#, "has no counts"),
            (
                #"optimizer.first.token_embedding"#, #"optimizer.first.token_embeddinG"#,
                "optimizer.first.token_embedding"
            ),
            (#"\"latest\":["#, #"\"latest\":[0,"#, "a probe of other tokens"),
        ] as [(String, String, String)])
    func `a checkpoint whose header is not as it was is refused`(old: String, new: String, message: String) throws {
        try trainHalf()
        let name = "run/step-00000018.safetensors"
        try change(name) { $0.replaceInHeader(old, with: new) }
        let damaged = try contents(name)
        let notes = try failure(of: TrainingSample.command())
        #expect(notes.contains(message) && notes.contains("start over with --force"), "\(notes)")
        #expect(try contents(name) == damaged)
        try train(TrainingSample.command() + ["--force"])
    }

    @Test func `a checkpoint of another shape is refused`() throws {
        try train(TrainingSample.command(steps: 24, out: "wide") + ["--hidden", "32"])
        try trainHalf()
        try FileManager.default.copyItem(
            atPath: sample.folder.file("wide/step-00000024.safetensors"),
            toPath: sample.folder.file("run/step-00000020.safetensors"))
        #expect(
            try failure(of: TrainingSample.command()).contains("has 672 numbers for token_embedding, expected 21 × 16"))
    }

    @Test func `lines of a log that are no entries stay, and so do those that cannot be read`() throws {
        try trainHalf()
        let name = "run/log.jsonl"
        var lines = try String(contentsOfFile: sample.folder.file(name), encoding: .utf8).split(separator: "\n").map(
            String.init)
        lines.insert("# looks good", at: 3)
        lines[5] = String(lines[5].dropLast(9))
        lines.insert("", at: 7)
        try sample.folder.write(lines.joined(separator: "\n") + "\n{\"cross_en", to: name)
        try train()
        let found = try String(contentsOfFile: sample.folder.file(name), encoding: .utf8).split(
            separator: "\n", omittingEmptySubsequences: false)
        #expect(found[..<20].map(String.init) == Array(lines[..<20]))
        #expect(found.count == 24 + 3 && found.last == "")
        #expect(!found.contains { $0.contains("cross_en") && !$0.hasSuffix("}") && $0 != lines[5] })
        // The page of a comparison and whoever else reads the log are served with what can be read.
        #expect(found.filter { $0.hasPrefix("{") && $0.hasSuffix("}") }.count == 23)
    }

    @Test func `a log that cannot be read, or opened, is named with the reason and kept`() throws {
        try trainHalf()
        let log = sample.folder.file("run/log.jsonl")
        try FileManager.default.removeItem(atPath: log)
        try FileManager.default.createDirectory(atPath: log, withIntermediateDirectories: true)
        #expect(try failure(of: TrainingSample.command()).contains("run/log.jsonl cannot be read: Is a directory"))
        #expect(sample.checkpoints() == ["step-00000018.safetensors"])
        try FileManager.default.removeItem(atPath: log)
        let command = "\"$offstage\" " + TrainingSample.command(steps: 6000, every: 3000).joined(separator: " ")
        let gone = try offstage.shell(
            "ln -s no/such/folder link; \(command) --force & while [ ! -s run/log.jsonl ]; do :; done; "
                + "mv -T link run/log.jsonl; wait $!")
        #expect(gone.code == 1)
        #expect(
            gone.notes.contains("run/log.jsonl cannot be written: No such file or directory. Mend that"),
            "\(gone.notes)")
    }

    @Test func `a run does not go on with another text`() throws {
        try trainHalf()
        let weights = try sample.tensors()
        try sample.folder.write(TrainingSample.text + "a red fox.\n", to: "text.txt")
        let longer = try failure(of: TrainingSample.command())
        #expect(longer.contains("the run in run cannot go on: the text of text has changed:"), "\(longer)")
        #expect(longer.contains("start over by the same command with --force"), "\(longer)")
        // Another checkpoint would not help.
        #expect(!longer.contains("remove"), "\(longer)")
        try sample.folder.write(TrainingSample.text.replacing("fox", with: "cat"), to: "text.txt")
        #expect(try failure(of: TrainingSample.command()).contains("the vocabulary is another one"))
        try sample.folder.write(TrainingSample.text.replacing("red", with: "der"), to: "text.txt")
        #expect(try failure(of: TrainingSample.command()).contains("the text of text has changed"))
        #expect(try sample.tensors() == weights)
        try sample.folder.write(TrainingSample.text, to: "text.txt")
        try train()
        // The way out that was said is one.
        try sample.folder.write(TrainingSample.text + "a red fox.\n", to: "text.txt")
        try train(TrainingSample.command() + ["--force"])
    }

    @Test func `a run goes on with its own recipe, as is said to who comes with another`() throws {
        try trainHalf()
        let notes = try failure(of: TrainingSample.command() + ["--seed", "7"])
        #expect(notes.contains("Go on with its own (give run/recipe.json as RECIPE)"), "\(notes)")
        try train(["train", "run/recipe.json", "--out", "run"])
        #expect(sample.checkpoints().last == "step-00000024.safetensors")
    }

    @Test func `a disk that is full keeps the last checkpoint, and the run goes on when there is room`() throws {
        try train(TrainingSample.command(out: "whole"))
        try trainHalf()
        let weights = try sample.tensors()
        let command = "\"$offstage\" " + TrainingSample.command().joined(separator: " ")
        for _ in 0..<2 {
            let limited = try offstage.shell("ulimit -f 40; \(command)")
            #expect(limited.code == 1)
            #expect(
                limited.notes.contains("run/step-00000024.safetensors: cannot be written: File too large. Make room"),
                "\(limited.notes)")
            #expect(try sample.tensors() == weights)
        }
        try train()
        #expect(try sample.tensors() == sample.tensors("whole"))
        let names = try FileManager.default.contentsOfDirectory(atPath: sample.folder.file("run"))
        #expect(!names.contains { $0.hasPrefix(".") })
    }

    @Test func `tokens that have no room are named, and nothing is left of them`() throws {
        let command = "\"$offstage\" " + TrainingSample.command().joined(separator: " ")
        let limited = try offstage.shell("ulimit -f 2; \(command)")
        #expect(limited.code == 1)
        #expect(
            limited.notes.contains(/text-[0-9a-f]+\.tokens: cannot be (written|completed): File too large. Make room/),
            "\(limited.notes)")
        let kept = try FileManager.default.contentsOfDirectory(atPath: sample.folder.file("run/data"))
        #expect(kept.allSatisfy { $0.hasSuffix(".model") }, "\(kept)")
        try train()
    }

    @Test func `a log that has no room is named`() throws {
        let command = "\"$offstage\" " + TrainingSample.command(steps: 100, every: 100).joined(separator: " ")
        let limited = try offstage.shell("ulimit -f 12; \(command)")
        #expect(limited.code == 1)
        #expect(
            limited.notes.contains("run/log.jsonl cannot be written: File too large. Make room"), "\(limited.notes)")
        try train(TrainingSample.command(steps: 100, every: 100))
        #expect(try sample.loggedSteps() == Array(1...100))
    }

    @Test func `two runs do not get in each other's way`() throws {
        let command = TrainingSample.command(steps: 3000, every: 100)
        let first = try offstage.start(command)
        var notes = ""
        let isInterrupted = first.send(SIGINT) { _ in
            guard !sample.checkpoints().isEmpty else { return false }
            notes = (try? failure(of: command + ["--force"])) ?? ""
            return true
        }
        #expect(try first.finished().code == 130 && isInterrupted)
        #expect(notes.contains("another run trains in run just now"), "\(notes)")
        #expect(try sample.loggedSteps().first == 10)
    }
}

extension CheckpointTensors {
    /// Whether no f32 is infinite or not a number: eight ones after the sign.
    fileprivate var isFinite: Bool { floats.allSatisfy(\.isFinite) }
}

extension Data {
    /// Changes the JSON of a safetensors file; its length says so.
    fileprivate mutating func replaceInHeader(_ old: String, with new: String) {
        let length = prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
        var header = [UInt8](dropFirst(8).prefix(length))
        header.replace(Array(old.utf8), with: Array(new.utf8))
        while header.count % 8 != 0 { header.append(UInt8(ascii: " ")) }
        let size = (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) }
        self = Data(size + header) + dropFirst(8 + length)
    }
}
