import Foundation
import Mixture
import Tensors

/// An expert of random f32 weights, and what it should compute.
final class RandomExpert: ExpertLease, @unchecked Sendable {  // One test's own; counters are read after the loop.
    static let hidden = 20
    static let intermediate = 37
    static let layout = ExpertLayout(
        ExpertShape(
            hiddenSize: hidden, intermediateSize: intermediate, gateFormat: .f32, upFormat: .f32, downFormat: .f32),
        tileBytes: 2000)!

    let expert: Int
    var isResident = true
    /// Fails when a down tile is asked for.
    var isBroken = false
    var releases = 0
    private let gate, up, down: [[Float]]
    private let bytes: UnsafeMutableRawBufferPointer

    init(_ expert: Int, seed: UInt64) {
        var state = seed
        func matrix(_ rows: Int, _ columns: Int) -> [[Float]] {
            (0..<rows).map { _ in (0..<columns).map { _ in noise(&state) / 4 } }
        }
        self.expert = expert
        gate = matrix(Self.intermediate, Self.hidden)
        up = matrix(Self.intermediate, Self.hidden)
        down = matrix(Self.hidden, Self.intermediate)
        bytes = .allocate(byteCount: Self.layout.length, alignment: 64)
        for tile in Self.layout.tiles {
            let place = UnsafeMutableRawBufferPointer(rebasing: bytes[tile.offset..<tile.offset + tile.length])
            switch tile.part {
            case .gateAndUp:
                Self.pack(gate[tile.rows], into: place)
                Self.pack(up[tile.rows], into: UnsafeMutableRawBufferPointer(rebasing: place[tile.upOffset...]))
            case .down: Self.pack(down[tile.rows], into: place)
            }
        }
    }

    deinit { bytes.deallocate() }

    var layout: ExpertLayout { Self.layout }

    func payload(through tile: Int) throws -> ExpertPayload {
        if isBroken, tile >= layout.gateAndUpTiles { throw Broken() }
        return ExpertPayload(bytes: bytes.baseAddress!, owner: self)
    }

    func release() { releases += 1 }

    /// down(silu(gate(x)) × up(x)) in Double.
    func output(_ input: [Float]) -> [Double] {
        func product(_ rows: [[Float]], _ vector: [Double]) -> [Double] {
            rows.map { row in zip(row, vector).reduce(0) { $0 + Double($1.0) * $1.1 } }
        }
        let vector = input.map(Double.init)
        let inner = zip(product(gate, vector), product(up, vector)).map { $0 / (1 + exp(-$0)) * $1 }
        return product(down, inner)
    }

    struct Broken: Error {}

    private static func pack(_ rows: ArraySlice<[Float]>, into bytes: UnsafeMutableRawBufferPointer) {
        let columns = rows.first!.count
        Array(rows.joined()).withUnsafeBytes {
            WeightFormat.f32.pack(rows: rows.count, columns: columns, from: $0, into: bytes)
        }
    }
}

/// Hands out random experts in an order of its own.
final class RandomExperts: ExpertSource {
    let experts: [RandomExpert]
    private let reversed: Bool

    init(_ count: Int, seed: UInt64 = 1, reversed: Bool = false) {
        experts = (0..<count).map { RandomExpert($0, seed: seed &+ UInt64($0) &* 7919) }
        self.reversed = reversed
    }

    func layout(layer: Int) -> ExpertLayout { RandomExpert.layout }

    func lease(_ wanted: [ExpertVisits], layer: Int, tokens: Int, into leases: inout [any ExpertLease]) {
        let order = reversed ? wanted.reversed() : wanted
        leases = order.map { experts[$0.expert] }
    }

    func prefetch(_ experts: [Int], layer: Int) {}
}
