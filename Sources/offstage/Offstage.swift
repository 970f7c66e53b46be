import ArgumentParser
import Foundation
import Ranks

/// Runs Mixture-of-Experts models that are larger than memory, shows what their experts do, and trains small ones.
@main
struct Offstage: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "offstage",
        abstract: "Run Mixture-of-Experts models larger than memory, and see what their experts do.",
        discussion: """
            Run a model in as much memory as you like to give. The first time it is packed, which takes as much of the disk \
            again; after that it begins at once:

              offstage run mixtral.gguf "Why is the sky blue?" --ram 6G

            See which of its experts work and which idle, on texts of your own or in a recorded trace, and what keeping \
            some of them in memory would gain:

              offstage profile mixtral --text letters.txt code.txt --html report.html

            MODEL is the name of a packed model (offstage models lists them), the path of a store, a GGUF file or a Hugging Face \
            folder. Text goes to standard output, everything else \
            to standard error. Exit codes: 0 done, 1 failed, 2 the command line was wrong, 130 interrupted.
            """,
        version: "0.1.0",
        subcommands: [
            Pack.self, Run.self, Score.self, Tokenize.self, Inspect.self, Train.self, Compare.self, Profile.self,
            Export.self, Plan.self, Bench.self, Trace.self, Synth.self, Models.self, Remove.self,
        ])

    static func main() {
        Terminal.fillClosedStreams()
        endUnlessRanksAreSupported()
        do {
            var command = try parseAsRoot(CommandLine.given())
            // Any other command is one rank's to do.
            if RankLaunch.isOther, !(command is any RankCommand) { Foundation.exit(0) }
            try command.run()
        } catch {
            finish(with: error)
        }
    }

    /// A build without MPI would do the same work as many times as mpirun starts it. The first rank says so for all.
    private static func endUnlessRanksAreSupported() {
        guard !Launch.isSupported, let launch = Launch(), launch.count > 1 else { return }
        // Whoever fails first is all that mpirun lets speak.
        guard launch.rank == 0 else { Foundation.exit(0) }
        Terminal.note("Error: \(launch.absenceOfMPI)")
        Foundation.exit(1)
    }

    /// Prints what went wrong and ends with the exit code the help text promises.
    private static func finish(with error: any Error) -> Never {
        if error is CancellationError { Terminal.draw(Interruption.farewell.description) }
        if error is Interrupted || error is CancellationError { Foundation.exit(Interruption.exitCode) }
        let error = (error as? CocoaError).map(Complaint.init) ?? error
        let code = exitCode(for: error)
        RankLaunch.leaveWordsToFirst(code: code == .success ? 0 : code == .validationFailure ? 2 : 1)
        if code == .success { exit(withError: error) }
        Terminal.note(code == .validationFailure ? Message(lines: fullMessage(for: error)) : message(of: error))
        Foundation.exit(code == .validationFailure ? 2 : 1)
    }

    /// Only complaints have lines of their own; in other errors a line end is part of a name.
    private static func message(of error: any Error) -> Message {
        (error as? Complaint).map { "Error: \($0.message)" } ?? "\(fullMessage(for: error))"
    }
}
