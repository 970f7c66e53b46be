import Ranks
import Testing

@Suite struct LaunchTests {
    @Test(arguments: [
        ["OMPI_COMM_WORLD_RANK": "2", "OMPI_COMM_WORLD_SIZE": "4"], ["PMI_RANK": "2", "PMI_SIZE": "4"],
        ["MV2_COMM_WORLD_RANK": "2", "MV2_COMM_WORLD_SIZE": "4"],
    ])
    func `a program learns from its environment which rank it is`(_ environment: [String: String]) throws {
        let launch = try #require(Launch { environment[$0] })
        #expect(launch.rank == 2)
        #expect(launch.count == 4)
    }

    @Test(arguments: [
        [:], ["PMI_SIZE": "4"], ["PMI_RANK": "4", "PMI_SIZE": "4"], ["PMI_RANK": "x", "PMI_SIZE": "4"],
        ["PMI_RANK": "-1", "PMI_SIZE": "4"], ["SLURM_NTASKS": "4", "SLURM_PROCID": "0"],
    ])
    func `a program that was started by itself is no rank`(_ environment: [String: String]) {
        #expect(Launch { environment[$0] } == nil)
    }
}
