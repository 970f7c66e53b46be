import Testing

/// What becomes of ranks that mpirun starts of a build without MPI. Each is a program of its own with an environment.
@Suite(.enabled(if: !isBuiltWithMPI)) struct RankLaunchTests {
    private let folder = try! TemporaryFolder()
    private var offstage: OffstageCommand { OffstageCommand(folder: folder) }

    @Test(arguments: [["models"], ["train", "--data", "poems.txt"]])
    func `the first of several ranks says how to build with MPI, and the others end without a word`(
        command: [String]
    ) throws {
        let first = try offstage.start(
            command, environment: ["OMPI_COMM_WORLD_RANK": "0", "OMPI_COMM_WORLD_SIZE": "4"]
        ).finished()
        #expect(first.code == 1)
        #expect(first.text.isEmpty)
        #expect(
            first.notes == "Error: mpirun started 4 ranks of a build that has no MPI. Build it with MPI: "
                + "apt-get install libopenmpi-dev openmpi-bin && swift build -c release --traits default,MPI\n")
        let second = try offstage.start(
            command, environment: ["OMPI_COMM_WORLD_RANK": "1", "OMPI_COMM_WORLD_SIZE": "4"]
        ).finished()
        #expect(second.code == 0)
        #expect(second.text.isEmpty && second.notes.isEmpty)
    }

    @Test func `a single rank works as a program that was started by itself`() throws {
        let environment = ["OMPI_COMM_WORLD_RANK": "0", "OMPI_COMM_WORLD_SIZE": "1"]
        #expect(try offstage("models", environment: environment).code == 0)
    }
}

#if MPI
    private let isBuiltWithMPI = true
#else
    private let isBuiltWithMPI = false
#endif
