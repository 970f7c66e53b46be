import Glibc

/// What a program that starts ranks, such as mpirun, said of this one in its environment.
package struct Launch: Equatable, Sendable {
    package let rank: Int
    /// How many ranks were started.
    package let count: Int

    /// Nil where the program was started by itself.
    package init?(_ environment: (String) -> String? = { name in getenv(name).map { String(cString: $0) } }) {
        // Open MPI; MPICH and Intel's MPI; MVAPICH.
        let names = [
            ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"), ("PMI_RANK", "PMI_SIZE"),
            ("MV2_COMM_WORLD_RANK", "MV2_COMM_WORLD_SIZE"),
        ]
        for (rank, count) in names {
            guard let rank = environment(rank).flatMap({ Int($0) }),
                let count = environment(count).flatMap({ Int($0) }),
                count > 0, (0..<count).contains(rank)
            else { continue }
            (self.rank, self.count) = (rank, count)
            return
        }
        return nil
    }

    /// Whether this build can be several ranks.
    package static var isSupported: Bool {
        #if MPI
            true
        #else
            false
        #endif
    }

    /// Why a build without MPI cannot be one of several ranks.
    package var absenceOfMPI: String {
        "mpirun started \(count) ranks of a build that has no MPI. "
            + "Build it with MPI: apt-get install libopenmpi-dev openmpi-bin && swift build -c release --traits default,MPI"
    }
}
