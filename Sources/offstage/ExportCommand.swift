import ArgumentParser
import Foundation
import Inference
import ModelFiles

struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write a model in a form that other programs read.",
        discussion: """
            hugging-face makes a folder that transformers loads (as Mixtral, Qwen3-MoE, Qwen2-MoE or GLM-4-MoE, \
            whichever the model is one of), gguf a file that llama.cpp runs (as llama, qwen3moe or glm4moe). A router \
            that has no name there is refused: pack runs them all.
            """)

    @Argument(
        help:
            "A checkpoint, the folder of a training run, whose latest checkpoint is taken, a GGUF file or a Hugging Face folder."
    )
    var source: String
    @Option(help: "What to write.") var format: ExportKind
    @Option(help: ArgumentHelp("The folder or file to write.", valueName: "path")) var out: String
    @Option(help: ArgumentHelp("Turn the matrices into another format.", valueName: "format"))
    var quantize: Quantization?
    @Flag(help: "Replace what is there.") var force = false
    @Flag(help: "Print one line of JSON.") var json = false

    func validate() throws {
        if source.isEmpty { throw ValidationError("SOURCE is empty; give a checkpoint, a GGUF file or a folder") }
        if out.isEmpty { throw ValidationError("--out is empty; it wants the path of a folder or a file") }
    }

    func run() throws {
        Interruption.watch()
        try checkTarget()
        let model = try ModelFile.open(path: source)
        Terminal.warn(model.leftOut)
        Terminal.warn(Substitution.all(in: model.architecture) { _ in quantize }.map(\.description))
        let progress = ProgressLine("Exporting")
        var bytes = 0
        let name = try Exporter(model, quantization: quantize).write(format, to: out) { done, total in
            if Interruption.isRequested { throw CancellationError() }
            bytes = total
            progress.show(done: done, of: total)
        }
        progress.clear()
        Terminal.note("Wrote \(source) to \(out) as \(name): \(formatted(bytes: bytes)).")
        if json { try Terminal.print(json: Report(path: out, architecture: name, bytes: bytes)) }
    }

    /// A file is in the way, and so is a folder with anything in it.
    private func checkTarget() throws {
        var isFolder: ObjCBool = false
        guard !force, FileManager.default.fileExists(atPath: out, isDirectory: &isFolder) else { return }
        let names = isFolder.boolValue ? try FileManager.default.contentsOfDirectory(atPath: out) : [out]
        guard format == .huggingFace && names.isEmpty else {
            throw Complaint("\(out) is there already; --force replaces it")
        }
    }

    private struct Report: Encodable {
        var path: String
        var architecture: String
        var bytes: Int
    }
}

extension ExportKind: NamedOption {}
