import Glibc
import RankBehavior
import Ranks

/// Holds MPI to what ``RankBehavior`` says: `mpirun -n 4 rank-checks`. With `times` it measures,
/// over a link that is not there if it is given one (`times 1Gb,50us`), and with the name of a fault it fails on purpose. A
/// build without MPI does the first two with threads.
@main
enum RankChecks {
    static func main() {
        do {
            try run(Array(CommandLine.arguments.dropFirst()))
        } catch {
            report("\(error)")
            exit(1)
        }
    }

    private static func run(_ words: [String]) throws {
        let measures = words.first == "times"
        let link = try measures && words.count > 1 ? Link(words[1]) : nil
        let linked = { @Sendable (base: any Transport) -> any Transport in
            link.map { LinkTransport(base, Links($0)) } ?? base
        }
        #if MPI
            let fault = try measures ? nil : words.first.map(Fault.init(named:))
            let patience = Duration.seconds(fault == .stall ? 1 : 30)
            try MPIRanks.run(patience: patience, over: linked, report: report) { ranks in
                if let fault { try fail(ranks, by: fault) } else { try run(ranks, measures) }
            }
        #else
            if measures { PlacementTimes.print() }
            _ = try RankThreads.run(measures ? 2 : 4, over: linked) { try run($0, measures) }
        #endif
    }

    private static func run(_ ranks: Communicator, _ measures: Bool) throws {
        if measures { return try ExchangeTimes(ranks: ranks).print() }
        for behavior in RankBehavior.all { try check(behavior, ranks) }
        if ranks.rank == 0 { print("\(RankBehavior.all.count) behaviors hold on \(ranks.count) ranks") }
    }

    private static func report(_ failure: String) { print("Error: \(failure)") }

    private static func check(_ behavior: RankBehavior, _ ranks: Communicator) throws {
        do {
            try behavior.check(ranks)
        } catch let broken as Broken {
            throw Broken(description: "\(behavior): \(broken)")
        }
    }

    /// What goes wrong on the last rank, or on all of them in the plural, while the others want to go on.
    private enum Fault: String {
        case stall, error, errors, death, disagreement, size

        init(named name: String) throws {
            guard let fault = Fault(rawValue: name) else { throw Broken(description: "no fault is called \(name)") }
            self = fault
        }
    }

    private static func fail(_ ranks: Communicator, by fault: Fault) throws {
        let isLast = ranks.rank == ranks.count - 1
        try ranks.barrier(.start)
        switch fault {
        case .stall: while isLast { pause() }
        case .error: if isLast { throw Broken(description: "no space left on device") }
        case .errors: throw Broken(description: "no such file")
        case .death: if isLast { kill(getpid(), SIGKILL) }
        case .disagreement: try ranks.agree(on: [("model", isLast ? "tiny 77b0" : "tiny 5f3a")])
        case .size:
            var own = [UInt8](repeating: 0, count: 2 * ranks.count)
            var span = own.mutableSpan
            try ranks.allGather(&span, .even(isLast ? ranks.count : 2 * ranks.count), of: .layer(7))
        }
        try ranks.barrier(.layer(7))
    }
}
