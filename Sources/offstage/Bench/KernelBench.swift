import Inference
import Profiling
import Tensors

/// Measures products of weights in memory and activations, every format by shape, rows of activations and threads.
struct KernelBench {
    /// A product that is measured.
    struct Product {
        let format: WeightFormat
        let shape: WeightShape
        let tokens: Int

        /// Bytes of the weights, and numbers multiplied and added.
        var bytes: Int { format.packedBytes(rows: shape.rows, columns: shape.columns) ?? 0 }
        var multiplyAdds: Int { shape.rows * shape.columns * tokens }
    }

    /// What was found of a product, and the best of what was measured right before and after it.
    struct Sample {
        let seconds: Double
        let ceilings: Ceilings.Sample
    }

    private final class Row {
        let product: Product
        let threads: Int
        var samples: [Sample] = []
        /// Products that are made at once, so that it takes long enough.
        var turns = 1
        /// The matrix that is next: those that were read last are the last to be read again.
        var next = 0

        init(_ product: Product, threads: Int) { (self.product, self.threads) = (product, threads) }
    }

    /// A repetition takes so long, about.
    private static let seconds = 0.03

    let workingSet: WorkingSet
    private let warnings: [String]
    private let groups: [(workers: Workers, ceilings: BenchCeilings, rows: [Row])]

    /// - Throws: ``Complaint`` where a shape does not divide into blocks, or memory does not hold what would be measured.
    init(formats: [WeightFormat], shapes: [WeightShape], tokens: [Int], threads: [Int]) throws {
        try Self.check(formats, shapes, tokens)
        let largest =
            formats.flatMap { format in
                shapes.map { Product(format: format, shape: $0, tokens: 1).bytes }
            }.max() ?? 0
        let (cache, wanted) = (CPU.lastLevelCacheBytes(), max(WorkingSet.wantedBytes(), largest + 64))
        let beside = Self.bytesBeside(shapes, tokens) + ProcessMemory().current
        guard let bytes = WorkingSet.bytes(wanted: wanted, planned: beside), bytes >= largest else {
            throw Complaint(
                "these weights and activations take \(formatted(bytes: largest + beside)) of memory and twice as much has to be free; ask for a smaller --shape or fewer --tokens"
            )
        }
        let set = WorkingSet(bytes: bytes)
        workingSet = set
        warnings = BenchCeilings.warnings(bytes, cache: cache, wanted: wanted)
        groups = threads.map { count in
            let workers = Workers(count: count)
            let rows = formats.flatMap { format in
                shapes.flatMap { shape in
                    tokens.map { Row(Product(format: format, shape: shape, tokens: $0), threads: count) }
                }
            }
            let kinds = Ceilings.Arithmetic.allCases.filter { formats.map(\.arithmetic).contains($0) }
            return (
                workers, BenchCeilings(on: workers, reading: set, kinds: kinds, cache: cache, wanted: wanted), rows
            )
        }
        Terminal.warn(warnings)
    }

    private static func check(_ formats: [WeightFormat], _ shapes: [WeightShape], _ tokens: [Int]) throws {
        for format in formats {
            for shape in shapes where format.packedBytes(rows: shape.rows, columns: shape.columns) == nil {
                throw Complaint(
                    "rows of \(shape.columns) weights cannot be \(format.rawValue): they do not divide into its blocks of \(format.blockSize)"
                )
            }
        }
    }

    /// Activations and what comes out.
    private static func bytesBeside(_ shapes: [WeightShape], _ tokens: [Int]) -> Int {
        let tokens = tokens.max() ?? 1
        return shapes.map { shape in
            Activations.bytes(rows: tokens, columns: shape.columns) + Matrix.bytes(rows: tokens, columns: shape.rows)
                + Matrix.bytes(rows: tokens, columns: shape.columns)
        }.max() ?? 0
    }

    /// Measures every product once in each repetition; ends early once an interruption is requested.
    ///
    /// - Parameter counts: whether it is kept.
    func run(repetitions: Int, counts: Bool) {
        let progress = ProgressLine(counts ? "Timing" : "Warming up", amount: { "\($0) products" })
        let total = repetitions * groups.reduce(0) { $0 + $1.rows.count }
        var done = 0
        for _ in 0..<repetitions {
            for group in groups {
                // A format's products of one shape are held against the same ceilings.
                var before = counts ? group.ceilings.measured() : nil
                for rows in group.rows.chunked(by: {
                    $0.product.format == $1.product.format && $0.product.shape == $1.product.shape
                }) {
                    let times = rows.map { seconds(of: $0, on: group.workers) }
                    if Interruption.isRequested { return }
                    done += rows.count
                    progress.show(done: done, of: total)
                    guard let first = before else { continue }
                    let after = group.ceilings.measured()
                    for (row, seconds) in zip(rows, times) {
                        row.samples.append(Sample(seconds: seconds, ceilings: first.best(with: after)))
                    }
                    before = after
                }
            }
        }
        progress.clear()
    }

    /// Seconds that one product takes.
    private func seconds(of row: Row, on workers: Workers) -> Double {
        let (product, shape) = (row.product, row.product.shape)
        let matrices = workingSet.matrices(product.format, rows: shape.rows, columns: shape.columns)
        var numbers = RandomNumbers(seed: 1)
        var input = Matrix(rows: product.tokens, columns: shape.columns)
        for token in 0..<product.tokens { input.withMutableRow(token) { numbers.fillNormal(&$0, deviation: 1) } }
        var activations = Activations(rows: product.tokens, columns: shape.columns)
        activations.load(input, for: [product.format])
        var output = Matrix(rows: product.tokens, columns: shape.rows)
        return output.withView { view in
            func time(_ turns: Int) -> Double {
                let start = ContinuousClock.now
                for turn in 0..<turns {
                    let weights = matrices[(row.next + turn) % matrices.count]
                    workers.multiply(activations, by: weights, into: view, exact: true)
                }
                row.next = (row.next + turns) % matrices.count
                return (ContinuousClock.now - start) / .seconds(1)
            }
            var seconds = time(row.turns)
            while seconds < Self.seconds / 2, row.turns < 1 << 20, !Interruption.isRequested {
                row.turns *= 2
                seconds = time(row.turns)
            }
            return seconds / Double(row.turns)
        }
    }
}

extension KernelBench {
    /// A line of the table.
    struct Found: Encodable {
        let format, shape: String
        let tokens, threads: Int
        /// Medians over the repetitions.
        let bytesPerSecond, multiplyAddsPerSecond: Double
        let shareOfReads: Double?
        /// Nil where the level leaves the choice of instructions to the compiler.
        let shareOfArithmetic: Double?
        let readBytesPerSecond: Double?
        let arithmeticCeiling: Double?
        /// Seconds of a product.
        let samples: [Double]

        init?(_ product: Product, threads: Int, _ samples: [Sample]) {
            guard let seconds = samples.map(\.seconds).median else { return nil }
            let kind = product.format.arithmetic
            let (bytes, multiplyAdds) = (Double(product.bytes), Double(product.multiplyAdds))
            (format, shape) = (product.format.rawValue.lowercased(), product.shape.name)
            (tokens, self.threads) = (product.tokens, threads)
            bytesPerSecond = bytes / seconds
            multiplyAddsPerSecond = multiplyAdds / seconds
            shareOfReads =
                samples.compactMap { sample in
                    sample.ceilings.bytesPerSecond.map { bytes / sample.seconds / $0 }
                }.median
            shareOfArithmetic =
                samples.compactMap { sample in
                    sample.ceilings.multiplyAdds[kind].map { multiplyAdds / sample.seconds / $0 }
                }.median
            readBytesPerSecond = samples.compactMap(\.ceilings.bytesPerSecond).median
            arithmeticCeiling = samples.compactMap { $0.ceilings.multiplyAdds[kind] }.median
            self.samples = samples.map(\.seconds)
        }
    }

    /// Everything of which there is a repetition.
    var found: [Found] {
        groups.flatMap { group in group.rows.compactMap { Found($0.product, threads: $0.threads, $0.samples) } }
    }

    var machineText: String {
        BenchMachine().text(groups.flatMap { group in group.rows.map { ($0.threads, $0.samples.map(\.ceilings)) } })
    }
}

/// All that `bench --kernels` found.
struct KernelAnswer: Encodable {
    let machine = BenchMachine()
    let workingSetBytes: Int
    let interrupted = Interruption.isRequested
    let products: [KernelBench.Found]
}

extension BenchPrinter {
    func print(_ bench: KernelBench) throws {
        let found = bench.found
        switch output {
        case .md:
            for line in found { row(markdown(line), isMarkdown: true) }
            if !found.isEmpty { Terminal.print("\n" + bench.machineText) }
        case .csv:
            for line in found { row(numbers(line), isMarkdown: false) }
        case .json:
            try Terminal.print(json: KernelAnswer(workingSetBytes: bench.workingSet.bytes, products: found))
        }
    }

    private func markdown(_ found: KernelBench.Found) -> [Cell] {
        [
            (.init(name: "format", width: 6, isNumber: false), found.format),
            (.init(name: "weights", width: 9), found.shape), (.init(name: "rows", width: 4), "\(found.tokens)"),
            (.init(name: "threads"), "\(found.threads)"),
            (.init(name: "GB/s", width: 6), (found.bytesPerSecond / 1e9).tenths),
            (.init(name: "of reads"), found.tokens == 1 ? percent(found.shareOfReads) : "–"),
            (.init(name: "G multiply-adds/s"), (found.multiplyAddsPerSecond / 1e9).tenths),
            (.init(name: "of arithmetic"), percent(found.shareOfArithmetic)),
        ]
    }

    private func numbers(_ found: KernelBench.Found) -> [Cell] {
        func number(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }
        let cells: [(String, String)] = [
            ("format", found.format), ("weights", found.shape), ("rows", "\(found.tokens)"),
            ("threads", "\(found.threads)"),
            ("bytes_per_second", number(found.bytesPerSecond)), ("share_of_reads", number(found.shareOfReads)),
            ("multiply_adds_per_second", number(found.multiplyAddsPerSecond)),
            ("share_of_arithmetic", number(found.shareOfArithmetic)),
            ("read_bytes_per_second", number(found.readBytesPerSecond)),
            ("arithmetic_ceiling", number(found.arithmeticCeiling)), ("repetitions", "\(found.samples.count)"),
        ]
        return cells.map { (.init(name: $0.0), $0.1) }
    }
}

extension Double {
    fileprivate var tenths: String {
        let tenths = (self * 10).rounded() / 10
        return "\(tenths)"
    }
}

extension Array {
    /// Runs of neighbors that belong together.
    fileprivate func chunked(by belongs: (Element, Element) -> Bool) -> [[Element]] {
        reduce(into: []) { runs, element in
            if let last = runs.last?.last, belongs(last, element) {
                runs[runs.count - 1].append(element)
            } else {
                runs.append([element])
            }
        }
    }
}
