#if MPI
    import CMPI
    import Glibc

    /// The ranks that mpirun started, of which this program is one.
    package enum MPIRanks {
        /// Runs `body` as one of them.
        ///
        /// Where it throws on any rank, all of them end at once, and one prints why.
        ///
        /// - Parameter transport: what a rank uses in place of MPI's own, such as a ``LinkTransport`` around it.
        /// - Parameter report: prints what went wrong.
        package static func run<Result>(
            patience: Duration = .seconds(30), over transport: (any Transport) -> any Transport = { $0 },
            report: (String) -> Void, _ body: (Communicator) throws -> Result
        ) throws -> Result {
            let mpi = try MPITransport()
            if let launch = Launch(), launch.count != mpi.count {
                // Whoever fails first is all that mpirun lets speak.
                guard launch.rank == 0 else { exit(0) }
                report(launch.otherMPI(than: mpi.count))
                exit(1)
            }
            do {
                let communicator = Communicator(transport(mpi), patience: patience)
                let result = try body(communicator)
                try communicator.barrier(.end)
                mpi.end()
                return result
            } catch {
                end(mpi, .failed(mpi.rank, error), report)
            }
        }

        /// Prints why, unless another rank does so before, and ends them all.
        private static func end(_ mpi: MPITransport, _ failure: RankFailure, _ report: (String) -> Void) -> Never {
            // Whoever is told to end while it waits has nothing more to say.
            signal(SIGTERM, SIG_DFL)
            usleep(pause(of: mpi.rank, among: mpi.count, before: failure))
            report(failure.description)
            cmpi_abort(1)
            exit(1)
        }

        /// Microseconds in which another rank that sees the failure, too, ends this one.
        private static func pause(of rank: Int, among count: Int, before failure: RankFailure) -> UInt32 {
            let longest: UInt32 = 5_000_000
            switch failure.witnesses {
            case .one: return 0
            case .several: return min(UInt32(rank) * 250_000, longest)
            case .all: return (0..<count).first { !failure.accused.contains($0) } == rank ? 0 : longest
            }
        }
    }

    extension Launch {
        /// Why a program must not go on that another MPI's mpirun started: each rank would believe to be alone.
        fileprivate func otherMPI(than found: Int) -> String {
            "mpirun started \(count) ranks, of which this program's MPI sees \(found). "
                + "Use the mpirun of the MPI that it was built with"
        }
    }
#endif
