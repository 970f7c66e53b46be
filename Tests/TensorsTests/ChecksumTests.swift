import CKernels
import Tensors
import Testing

struct ChecksumTests {
    @Test func `known checksums`() {
        #expect(Array("123456789".utf8).withUnsafeBytes { crc32c($0) } == 0xE306_9283)
        #expect([UInt8](repeating: 0, count: 32).withUnsafeBytes { crc32c($0) } == 0x8A91_36AA)  // RFC 3720, B.4
        #expect([UInt8](repeating: 0xFF, count: 32).withUnsafeBytes { crc32c($0) } == 0x62A8_AB43)
        #expect([UInt8]().withUnsafeBytes { crc32c($0) } == 0)
    }

    @Test func `the fast one agrees with the table, also in parts`() {
        var random = RandomNumbers(seed: 1)
        let bytes = (0..<20_000).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        for _ in 0..<200 {
            let start = Int(random.next() % 100)
            let end = start + Int(random.next() % 19_900)
            let middle = (start + end) / 2
            bytes.withUnsafeBytes { all in
                func part(_ range: Range<Int>) -> UnsafeRawBufferPointer {
                    UnsafeRawBufferPointer(rebasing: all[range])
                }
                let whole = crc32c(part(start..<end))
                #expect(whole == ck_crc32c_generic(0, part(start..<end).baseAddress, end - start))
                #expect(whole == crc32c(part(middle..<end), seed: crc32c(part(start..<middle))))
            }
        }
    }
}
