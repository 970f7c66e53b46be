import Tensors
import Testing

@Suite struct RowBufferTests {
    @Test func `fewer rows than before are the same memory`() {
        let buffer = RowBuffer(columns: 3, rows: 4)
        buffer.rows(4)[1, 2] = 7
        #expect(buffer.rows(2)[1, 2] == 7)
        #expect(buffer.view.rows == 2)
    }

    @Test func `more rows than ever are there when asked for`() {
        let buffer = RowBuffer(columns: 3)
        #expect(buffer.rows(5).rows == 5)
        #expect(buffer.bytes >= 60)
    }

    @Test func `a part of a matrix begins at any number`() {
        let buffer = RowBuffer(columns: 4, rows: 2)
        let all = buffer.view
        for index in 0..<8 { all[index / 4, index % 4] = Float(index) }
        let part = all.part(at: 1, rows: 3, columns: 2)
        #expect((0..<3).map { [part[$0, 0], part[$0, 1]] } == [[1, 2], [3, 4], [5, 6]])
    }
}
