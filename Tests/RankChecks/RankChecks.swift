import Glibc
import RankBehavior
import Ranks

/// Holds MPI to what ``RankBehavior`` says: `mpirun -n 4 rank-checks`. With an argument it fails on purpose.
@main
enum RankChecks {
    static func main() throws {
        #if MPI
            let fault = CommandLine.arguments.dropFirst().first.map { Fault(rawValue: $0) ?? .stall }
            let patience = Duration.seconds(fault == .stall ? 1 : 30)
            try MPIRanks.run(patience: patience, report: report) { ranks in
                if let fault { return try fail(ranks, by: fault) }
                for behavior in RankBehavior.all { try check(behavior, ranks) }
                if ranks.rank == 0 {
                    print("\(RankBehavior.all.count) behaviors hold on \(ranks.count) ranks over MPI")
                }
            }
        #else
            print("This build of rank-checks has no MPI: swift build --product rank-checks --traits MPI")
            exit(1)
        #endif
    }

    private static func report(_ failure: String) { print("Error: \(failure)") }

    private static func check(_ behavior: RankBehavior, _ ranks: Communicator) throws {
        do {
            try behavior.check(ranks)
        } catch let broken as Broken {
            throw Broken(description: "\(behavior): \(broken)")
        }
    }

    /// What goes wrong on the last rank while the others want to go on.
    private enum Fault: String {
        case stall, error, death, disagreement, size
    }

    private static func fail(_ ranks: Communicator, by fault: Fault) throws {
        let isLast = ranks.rank == ranks.count - 1
        try ranks.barrier(.start)
        switch fault {
        case .stall: while isLast { pause() }
        case .error: if isLast { throw Broken(description: "no space left on device") }
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
