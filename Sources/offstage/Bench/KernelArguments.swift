import ArgumentParser
import Tensors

/// Which products are measured alone.
struct KernelArguments: ParsableArguments {
    @Flag(
        name: .customLong("kernels"),
        help: "Measure the products of weights and activations alone, each format by itself, f32 without OpenBLAS.")
    var isWanted = false
    @Option(help: ArgumentHelp("Formats of weights: q4_0,q8_0. (default: all)", valueName: "format,…"))
    var formats: FormatList?
    @Option(
        help: ArgumentHelp(
            "Rows and columns of the weights, up to 1048576 each. (default: 3584x1024,768x2048)", valueName: "shape,…"))
    var shape: WeightShapeList?
    @Option(
        parsing: .unconditional, help: ArgumentHelp("Rows of activations. (default: 1,32,512)", valueName: "count,…"))
    var tokens: CountList?

    func validate() throws {
        if !isWanted, formats != nil || shape != nil || tokens != nil {
            throw ValidationError("--formats, --shape and --tokens are for --kernels")
        }
        try tokens?.check("--tokens", 1...65_536)
    }

    /// - Parameter threads: nil: one, and as many as there are cores.
    func time(_ printer: BenchPrinter, threads: [Int]?, repetitions: Int, warmsUp: Bool) throws {
        let all = CPU.defaultThreads
        let bench = try KernelBench(
            formats: formats?.formats ?? WeightFormat.allCases, shapes: (shape ?? .usual).shapes,
            tokens: (tokens ?? CountList(1, 32, 512)).counts, threads: threads ?? (all > 1 ? [1, all] : [1]))
        if warmsUp { bench.run(repetitions: 1, counts: false) }
        bench.run(repetitions: repetitions, counts: true)
        try printer.print(bench)
    }
}

struct FormatList: ExpressibleByArgument {
    let formats: [WeightFormat]

    init?(argument: String) {
        let names = argument.split(separator: ",", omittingEmptySubsequences: false).map { $0.lowercased() }
        let found = names.compactMap { name in WeightFormat.allCases.first { $0.rawValue.lowercased() == name } }
        guard found.count == names.count else { return nil }
        formats = found
    }

    static var allValueStrings: [String] { WeightFormat.allCases.map { $0.rawValue.lowercased() } }
}

/// Rows and columns of weights.
struct WeightShape: Equatable {
    let rows, columns: Int
    var name: String { "\(rows)x\(columns)" }
}

struct WeightShapeList: ExpressibleByArgument {
    let shapes: [WeightShape]

    static let usual = WeightShapeList(argument: "3584x1024,768x2048")!

    init?(argument: String) {
        let found = argument.split(separator: ",", omittingEmptySubsequences: false).map { shape -> WeightShape? in
            let sizes = shape.split(separator: "x", omittingEmptySubsequences: false).compactMap { Int($0) }
            guard sizes.count == 2, sizes.allSatisfy((1...1 << 20).contains) else { return nil }
            return WeightShape(rows: sizes[0], columns: sizes[1])
        }
        guard !found.contains(nil) else { return nil }
        shapes = found.compactMap(\.self)
    }
}
