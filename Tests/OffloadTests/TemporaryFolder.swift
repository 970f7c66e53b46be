import Foundation
import Mixture
import ModelFiles
import Offload
import Tensors

/// A folder that goes away with its owner.
struct TemporaryFolder: ~Copyable {
    let path: String

    /// - Parameter inMemory: for tests of many files; each direct read of a file just written waits for the disk.
    init(inMemory: Bool = false) throws {
        let isThere = inMemory && FileManager.default.isWritableFile(atPath: "/dev/shm")
        path = (isThere ? "/dev/shm" : NSTemporaryDirectory()) + "/offstage-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// A path in the folder.
    func callAsFunction(_ name: String) -> String { path + "/" + name }
}

/// Changes bytes of a file in place.
func patch(_ path: String, at offset: Int, _ change: (inout UInt8) -> Void) throws {
    let file = try FileHandle(forUpdating: URL(filePath: path))
    defer { try? file.close() }
    try file.seek(toOffset: UInt64(offset))
    var byte = try file.read(upToCount: 1)![0]
    change(&byte)
    try file.seek(toOffset: UInt64(offset))
    try file.write(contentsOf: [byte])
}

/// The numbers of a row of a matrix.
func row(_ row: Int, of matrix: WeightMatrix) -> [Float] {
    var numbers = [Float](repeating: 0, count: matrix.columns)
    var span = numbers.mutableSpan
    matrix.copyRow(row, into: &span)
    return numbers
}

extension ExpertCache {
    /// A cache with so many slots of each size.
    convenience init(
        _ store: Store, slots: Int, policy: any EvictionPolicy.Type = DecayForwardDistancePolicy.self
    ) throws {
        let plan = SlabPlan(
            layouts: store.layouts, expertsPerLayer: store.manifest.architecture.expertCount, slotsPerSize: slots)
        try self.init(store, plan, policy: policy)
    }

    func lease(_ experts: [Int], layer: Int) throws -> [any ExpertLease] {
        var leases: [any ExpertLease] = []
        try lease(experts.map { ExpertVisits(expert: $0, visits: 1) }, layer: layer, tokens: 1, into: &leases)
        return leases
    }

    /// Rows of the three matrices of a leased expert.
    func rows(of lease: any ExpertLease, layer: Int) throws -> (gate: [[Float]], up: [[Float]], down: [[Float]]) {
        var (gate, up, down): ([[Float]], [[Float]], [[Float]]) = ([], [], [])
        for (index, tile) in layout(layer: layer).tiles.enumerated() {
            switch tile.part {
            case .gateAndUp:
                let matrices = try lease.gateAndUp(tile: index)
                gate += (0..<matrices.gate.rows).map { row($0, of: matrices.gate) }
                up += (0..<matrices.up.rows).map { row($0, of: matrices.up) }
            case .down:
                let matrix = try lease.down(tile: index)
                down += (0..<matrix.rows).map { row($0, of: matrix) }
            }
        }
        return (gate, up, down)
    }

    /// A number that hangs on every weight of a leased expert.
    func fingerprint(of lease: any ExpertLease, layer: Int) throws -> UInt64 {
        let rows = try rows(of: lease, layer: layer)
        var print: UInt64 = 0xCBF2_9CE4_8422_2325
        for row in rows.gate + rows.up + rows.down {
            for number in row { print = (print ^ UInt64(number.bitPattern)) &* 0x100_0000_01B3 }
        }
        return print
    }
}
