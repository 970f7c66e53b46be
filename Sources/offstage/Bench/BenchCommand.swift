import ArgumentParser
import Inference
import ModelFiles
import Tensors

struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "How fast a model runs here, and how near that is to what the machine can do.",
        discussion: """
            Times prompts (pp512) and tokens one after another (tg128) as llama-bench does, with tokens drawn by chance, and \
            prints means and standard deviations. Before and after each repetition it measures what the processor can do at \
            most on as many threads, and holds the repetition against the better of both; the median over the repetitions is \
            printed:

              of reads       bytes of weights, keys and values that a token reads, per second, over how fast memory is read
              of arithmetic  multiply-adds of all products, per second, over those of the instruction that the products are \
            made of, in registers (vpdpbusd; with AVX2 vpmaddubsw, vpmaddwd and vpaddd; for float weights fused multiply-adds)

            Reading is measured over twice what the caches hold, in memory beside --ram, or less where less can be had.

              offstage bench --kernels

            needs no MODEL: it measures the products alone, for each format of weights. OFFSTAGE_KERNELS=avx2 (or avxvnni, avx512, \
            generic) in the environment keeps all of offstage from using better instructions than these.
            """)

    @Argument(
        help: "A packed model's name or path, or a GGUF file or Hugging Face folder, which is packed the first time.")
    var model: String?

    @Option(
        name: [.short, .long], parsing: .unconditional,
        help: ArgumentHelp(
            "Tokens of a prompt; 0: none is timed. (default: 512, or what the model has room for)",
            valueName: "tokens,…"))
    var prompt: CountList?
    @Option(
        name: [.customShort("n"), .long], parsing: .unconditional,
        help: ArgumentHelp(
            "Tokens that pass one after another; 0: none. (default: 128, or what the model has room for)",
            valueName: "tokens,…"))
    var generate: CountList?
    @Option(
        name: [.short, .long], parsing: .unconditional,
        help: ArgumentHelp("Tokens before those that are timed. (default: 0)", valueName: "tokens,…"))
    var depth: CountList?
    @Option(
        name: [.short, .long], parsing: .unconditional,
        help: ArgumentHelp("Threads that compute. (default: the cores it may use)", valueName: "count,…"))
    var threads: CountList?
    @Option(name: [.short, .long], parsing: .unconditional, help: "How often each is timed.")
    var repetitions = 5
    @Flag(help: "Leave out the repetition that comes before the first and is not counted.")
    var noWarmup = false
    @Option(parsing: .unconditional, help: "Where chance begins.")
    var seed: UInt64 = 1

    @Option(name: [.short, .long], help: "What is printed: md (a table), csv, json.")
    var output: BenchOutput = .md
    @Flag(help: "Print one line of JSON, with every sample: --output json.")
    var json = false

    @OptionGroup(title: "Products alone") var kernels: KernelArguments
    @OptionGroup(title: "Memory and speed") var work: WorkArguments
    @OptionGroup var home: HomeOptions

    func validate() throws {
        try prompt?.check("--prompt", 0...Limits.positions)
        try generate?.check("--generate", 0...Limits.positions)
        try depth?.check("--depth", 0...Limits.positions)
        try threads?.check("--threads", 1...Limits.threads)
        try Limits.check("--repetitions", repetitions, 1...100_000)
        switch model {
        case nil where !kernels.isWanted: throw ValidationError("say which MODEL, or --kernels for the products alone")
        case _? where kernels.isWanted: throw ValidationError("--kernels measures no MODEL; leave out either")
        case "": throw ValidationError("MODEL is empty; name a packed model, or give the path of a store or a file")
        case nil where prompt != nil || generate != nil || depth != nil:
            throw ValidationError("--prompt, --generate and --depth are for a MODEL; --kernels has --tokens")
        case _? where tests(within: .max).isEmpty:
            throw ValidationError("there is nothing to time: --prompt and --generate are both 0")
        default: break
        }
    }

    func run() throws {
        Interruption.watch()
        let printer = BenchPrinter(json ? .json : output)
        if let model {
            try time(model, printer)
        } else {
            try kernels.time(printer, threads: threads?.counts, repetitions: repetitions, warmsUp: !noWarmup)
        }
        if Interruption.isRequested { Interruption.leave() }
    }

    private func time(_ name: String, _ printer: BenchPrinter) throws {
        let path = try home.storePath(of: name)
        let opened = try Interruption.endingAtOnce { try work.model(at: path) }
        let tests = tests(within: opened.architecture.contextLength)
        try check(tests, of: opened)
        let bench = try Interruption.endingAtOnce {
            try ModelBench(
                opened, work, tests: tests, threads: threadCounts, repetitions: repetitions, warmsUp: !noWarmup,
                seed: seed, path: path)
        }
        try bench.run(printer)
    }

    /// All of it is refused before any of it is timed.
    private func check(_ tests: [BenchTest], of model: Model) throws {
        let longest = model.architecture.contextLength
        if let test = tests.first(where: { $0.positions > longest }) {
            throw Complaint(
                "\(test.name) takes \(test.positions) positions, and \(model.name) is made for \(longest); ask for fewer tokens or less --depth"
            )
        }
    }

    /// - Parameter positions: what nobody asked for is not more than these.
    private func tests(within positions: Int) -> [BenchTest] {
        let depths = (depth ?? CountList(0)).counts
        let room = max(1, positions - (depths.max() ?? 0))
        return BenchTest.all(
            prompts: (prompt ?? CountList(min(512, room))).counts,
            generations: (generate ?? CountList(min(128, room))).counts, depths: depths)
    }

    private var threadCounts: [Int] { threads?.counts ?? [CPU.defaultThreads] }
}

enum BenchOutput: String, NamedOption { case md, csv, json }
