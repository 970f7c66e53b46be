import Mixture
import Tensors
import Testing

@Suite struct ExpertLayoutTests {
    private func shape(_ hidden: Int, _ intermediate: Int, _ format: WeightFormat) -> ExpertShape {
        ExpertShape(
            hiddenSize: hidden, intermediateSize: intermediate, gateFormat: format, upFormat: format, downFormat: format
        )
    }

    @Test(arguments: [
        (64, 96, WeightFormat.q8_0, 1), (64, 96, .q4_0, 4096), (36, 45, .f32, 1000), (36, 77, .bf16, 1 << 20),
        (256, 512, .q6_K, 9999),
    ])
    func `tiles hold every row once, one behind the other, on 64-byte boundaries`(
        hidden: Int, intermediate: Int, format: WeightFormat, tileBytes: Int
    ) throws {
        let layout = try #require(ExpertLayout(shape(hidden, intermediate, format), tileBytes: tileBytes))
        var end = 0
        for tile in layout.tiles {
            #expect(tile.offset == end && tile.offset % 64 == 0 && tile.upOffset % 64 == 0)
            end += tile.length
        }
        #expect(layout.length == end)
        let rows = { (part: ExpertLayout.Part) in layout.tiles.filter { $0.part == part }.flatMap { Array($0.rows) } }
        #expect(rows(.gateAndUp) == Array(0..<intermediate))
        #expect(rows(.down) == Array(0..<hidden))
        #expect(layout.tiles.prefix(layout.gateAndUpTiles).allSatisfy { $0.part == .gateAndUp })
        #expect(layout.tiles.allSatisfy { $0.rows.lowerBound % WeightFormat.rowsPerGroup == 0 })
    }

    @Test func `Mixtral's experts in Q4_0 become tiles of about the size asked for`() throws {
        let layout = try #require(ExpertLayout(shape(4096, 14336, .q4_0), tileBytes: 512 << 10))
        // 16 rows of gate and up are 2 × 16 × 4096 / 32 × 18 = 73,728 bytes: seven groups fit.
        #expect(layout.tiles[0].rows == 0..<112)
        #expect(layout.tiles[0].length == 7 * 73_728)
        #expect(layout.length == 3 * 4096 * 14336 / 32 * 18)
    }

    @Test func `a width that does not divide into blocks has no layout`() {
        #expect(ExpertLayout(shape(36, 64, .q8_0)) == nil)
        #expect(ExpertLayout(shape(64, 45, .q4_0)) == nil)
    }

    @Test func `sizes that overflow have no layout`() {
        #expect(ExpertLayout(shape(1 << 40, 1 << 40, .f32)) == nil)
    }
}
