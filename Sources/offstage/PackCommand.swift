import ArgumentParser
import Foundation
import ModelFiles
import Offload
import Tensors

struct Pack: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Turn a GGUF file, a Hugging Face folder or a checkpoint into a store that experts can be read from.",
        discussion: """
            Weights keep the values they have; --quantize turns float weights into another format, or into one of \
            llama.cpp's mixes: q4_K_M, q4_K_S, q5_K_M and q5_K_S have q4_K or q5_K for most matrices, and more bits \
            for the output, the values of attention and the down matrices of some layers. Where rows do not divide \
            into the 256 weights of a q4_K, q5_K or q6_K block, q5_0, q5_1 or q8_0 stands in. Interrupted at any \
            point, the same command goes on where it stopped.
            """)

    @Argument(
        help:
            "A GGUF file, a folder with config.json, *.safetensors and tokenizer.model, a checkpoint, or the folder of a training run, whose latest checkpoint is taken."
    )
    var source: String
    @Option(help: "What to call the model. (default: the name of the file or folder)")
    var name: String?
    @OptionGroup var home: HomeOptions
    @Option(help: ArgumentHelp("Where the store goes, instead of a name under --experts-dir.", valueName: "folder"))
    var out: String?
    @Option(help: ArgumentHelp("Turn float weights into another format.", valueName: "format"))
    var quantize: Quantization?
    @Option(
        help: ArgumentHelp(
            "The same for the weights outside the experts. (default: as --quantize)", valueName: "format"))
    var quantizeDense: Quantization?
    @Flag(help: "Pack anew and replace a store of that name, which stays until the new one is complete.")
    var force = false
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Threads that pack. (default: the cores it may use)", valueName: "count"))
    var threads: Int?
    @Flag(help: "Print one line of JSON.")
    var json = false

    func validate() throws {
        if source.isEmpty { throw ValidationError("SOURCE is empty; give a GGUF file or a folder") }
        if let name, !ModelName.isPlain(name) {
            throw ValidationError("--name wants a plain name, not \(name.debugDescription); --out takes a path")
        }
        if name == nil, out == nil, !ModelName.isPlain(modelName) {
            throw ValidationError("\(source.debugDescription) has no name to call the model by; give one with --name")
        }
        if name != nil, out != nil { throw ValidationError("give --name or --out, not both") }
        if let out, out.isEmpty { throw ValidationError("--out is empty; it wants the path of a folder") }
        try Limits.check("--threads", threads, 1...Limits.threads)
    }

    func run() throws {
        Interruption.watch()
        let location = try ModelFile.location(of: source)
        let mark = try SourceMark(path: location)
        let model = try Interruption.endingAtOnce { try ModelFile.open(path: location) }
        let origin = StoreOrigin(
            path: Packing.absolute(source), mark: mark.digits, isExact: quantize == nil && quantizeDense == nil,
            isAutomatic: false)
        let options = PackOptions(quantization: quantize, denseQuantization: quantizeDense)
        Terminal.warn(model.leftOut)
        Terminal.warn(Substitution.all(in: model.architecture, options.quantization(of:)).map(\.description))
        let (bytes, seconds) = try Packing(of: source, into: target, threads: threads).run(
            model, options, force: force, origin: origin,
            remark: "Run it with\n    offstage run \(out?.shellPath ?? modelName.shellWord + home.flag) \"…\"")
        if json { try Terminal.print(json: Report(path: target, bytes: bytes, seconds: seconds)) }
    }

    private var target: String { out ?? home.path(of: modelName) }

    private var modelName: String { name ?? ModelName.suggested(for: source) }

    private struct Report: Encodable {
        var path: String
        var bytes: Int
        var seconds: Double
    }
}
