import Testing

/// A model leaves for other programs, and comes back.
struct ExportCommandTests {
    private let folder = try! TemporaryFolder()
    private var offstage: OffstageCommand { OffstageCommand(folder: folder) }

    private struct Report: Decodable {
        var architecture: String
        var bytes: Int
    }

    private struct Score: Decodable {
        var logprobs: [Double?]
    }

    @Test(arguments: [("gguf", "model.gguf", "llama"), ("hugging-face", "model", "mixtral")])
    func `what is exported gives the same log-probabilities`(format: String, name: String, architecture: String) throws
    {
        let source = GoldenFiles.path("small-f32.gguf")
        let export = ["export", source, "--format", format, "--out", name, "--json"]
        let outcome = try offstage(export)
        #expect(outcome.code == 0, "\(outcome.notes)")
        #expect(try outcome.json(Report.self).architecture == architecture)
        // A folder pairs the components of a head in another way than the file, so that sums round in another order.
        for (found, expected) in zip(try score(of: name, as: "exported"), try score(of: source, as: "original")) {
            #expect(abs(found - expected) < 1e-5)
        }

        let again = try offstage(export)
        #expect(again.code == 1)
        #expect(again.notes.contains("\(name) is there already; --force replaces it"))
        #expect(try offstage(export + ["--force"]).code == 0)
    }

    @Test func `a wrong command line is answered with 2, a model that is none with 1`() throws {
        #expect(try offstage("export", "x", "--format", "onnx", "--out", "y").code == 2)
        #expect(try offstage("export", "x", "--format", "gguf").code == 2)
        #expect(try offstage("export", "", "--format", "gguf", "--out", "y").notes.contains("SOURCE is empty"))
        let missing = try offstage("export", "x", "--format", "gguf", "--out", "y")
        #expect(missing.code == 1)
        #expect(missing.notes.contains("x: there is no such file or folder"))
    }

    private func score(of source: String, as name: String) throws -> [Double] {
        let packed = try offstage("pack", source, "--name", name)
        #expect(packed.code == 0, "\(packed.notes)")
        let outcome = try offstage("score", name, "--ids", "-", "--json", input: "[1, 5, 9, 200, 31, 77, 8]")
        #expect(outcome.code == 0, "\(outcome.notes)")
        return try outcome.json(Score.self).logprobs.compactMap(\.self)
    }
}
