import Inference
import Tensors

/// The ceilings that repetitions are held against, measured on threads of the same number.
struct BenchCeilings {
    private let ceilings: Ceilings
    private let kinds: [Ceilings.Arithmetic]
    let workingSet: WorkingSet?
    /// What the person who reads the shares should know, in whole sentences.
    let warnings: [String]

    /// - Parameters:
    ///   - planned: bytes that the process will hold beside it.
    ///   - kinds: what products are made of.
    init(on workers: Workers, planned: Int, kinds: [Ceilings.Arithmetic] = Ceilings.Arithmetic.allCases) {
        let (cache, wanted) = (CPU.lastLevelCacheBytes(), WorkingSet.wantedBytes())
        let bytes = WorkingSet.bytes(wanted: wanted, planned: planned)
        self.init(on: workers, reading: bytes.map(WorkingSet.init), kinds: kinds, cache: cache, wanted: wanted)
    }

    /// The same, of memory that is there already.
    init(on workers: Workers, reading set: WorkingSet?, kinds: [Ceilings.Arithmetic], cache: Int, wanted: Int) {
        workingSet = set
        ceilings = Ceilings(on: workers, reading: set)
        self.kinds = kinds
        warnings = Self.warnings(set?.bytes, cache: cache, wanted: wanted)
    }

    init(_ session: Session) { self.init(on: session.workers, planned: session.plan.total) }

    func measured() -> Ceilings.Sample { ceilings.measured(kinds) }

    static func warnings(_ bytes: Int?, cache: Int, wanted: Int) -> [String] {
        guard let bytes else {
            return [
                "too little memory is left to measure how fast it is read, so no share of that is printed; a smaller --ram leaves more."
            ]
        }
        guard bytes < wanted else { return [] }
        return [
            "how fast memory is read is measured over \(formatted(bytes: bytes)), of which the caches may hold up to \(formatted(bytes: cache)): the shares of it may be too low."
        ]
    }
}
