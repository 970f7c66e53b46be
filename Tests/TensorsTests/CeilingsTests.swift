import CKernels
import Foundation
import Tensors
import Testing

/// What the kernels are held against.
@Suite struct CeilingsTests {
    @Test(arguments: CPU.levels, [0, 512, 2048])
    func `reading reaches every line of every stream`(level: CPU.Level, ahead: Int) {
        let count = 4 * 3 * 64
        var memory = [UInt8](repeating: 0, count: count)
        func found() -> UInt64 { ck_read(ck_level(rawValue: level.rawValue), memory, count, ahead) }
        #expect(found() == 0)
        for place in stride(from: 0, to: count, by: 61) {
            memory[place] = 1 << (place % 8)
            #expect(found() != 0, "a bit at \(place)")
            memory[place] = 0
        }
    }

    @Test(arguments: CPU.levels)
    func `multiply-adds are counted by the width of a level`(level: CPU.Level) {
        let kernels = ck_level(rawValue: level.rawValue)
        for (kind, widths) in [(ck_bytes, [0, 32, 32, 64, 64]), (ck_floats, [0, 8, 8, 16, 16])] {
            let count = Int(ck_multiply_add(kernels, kind, 3))
            let width = widths[Int(level.rawValue)]
            #expect(width == 0 ? count == 0 : count % (3 * width) == 0 && count >= 3 * 8 * width)
        }
    }

    @Test func `ceilings are measured on several threads`() {
        let set = WorkingSet(bytes: 3 << 20)
        let found = Ceilings(on: Workers(count: 2), reading: set).measured()
        #expect(found.bytesPerSecond.map { $0.isFinite && $0 > 0 } == true)
        #expect(found.multiplyAdds.count == (CPU.level == .generic ? 0 : 2))
        #expect(found.multiplyAdds.values.allSatisfy { $0.isFinite && $0 > 0 })
        let alone = Ceilings(on: Workers(count: 1), reading: nil).measured([.bytes])
        #expect(alone.bytesPerSecond == nil)
        #expect(alone.multiplyAdds[.floats] == nil)
    }

    @Test func `the best of two is the best of each`() {
        let first = Ceilings.Sample(bytesPerSecond: 3, multiplyAdds: [.bytes: 5, .floats: 1])
        let second = Ceilings.Sample(bytesPerSecond: nil, multiplyAdds: [.bytes: 4, .floats: 2])
        let best = first.best(with: second)
        #expect(best.bytesPerSecond == 3)
        #expect(best.multiplyAdds == [.bytes: 5, .floats: 2])
    }

    @Test(arguments: WeightFormat.allCases)
    func `a working set holds finite weights of every format`(format: WeightFormat) {
        let set = WorkingSet(bytes: 1 << 20)
        let matrices = set.matrices(format, rows: 32, columns: 256)
        let bytes = format.packedBytes(rows: 32, columns: 256)!
        #expect(matrices.count == set.bytes / ((bytes + 63) / 64 * 64))
        #expect(Set(matrices.map(\.address)).count == matrices.count)
        for matrix in [matrices.first, matrices.last].compactMap(\.self) {
            let numbers = Matrix(matrix)
            for row in 0..<32 {
                numbers.withRow(row) { row in
                    #expect(row.indices.allSatisfy { row[$0].isFinite && (row[$0] == 0 || abs(row[$0]) > 1e-30) })
                }
            }
        }
    }

    @Test func `caches that processors share count once`() throws {
        var texts: [String: String] = [:]
        for processor in 0..<4 {
            let folder = "/sys/devices/system/cpu/cpu\(processor)/cache"
            let sharers = processor < 2 ? "0-1" : "2-3"
            for (index, level, size, shared) in [
                (0, 1, "48K", "\(processor)"), (2, 2, "2048K", "\(processor)"), (3, 3, "32M", sharers),
            ] {
                texts["\(folder)/index\(index)/level"] = "\(level)\n"
                texts["\(folder)/index\(index)/size"] = "\(size)\n"
                texts["\(folder)/index\(index)/shared_cpu_list"] = "\(shared)\n"
            }
        }
        func bytes() throws -> Int {
            let fake = try FakeFiles(texts)
            return withExtendedLifetime(fake) { CPU.lastLevelCacheBytes(files: $0.files) }
        }
        #expect(try bytes() == 64 << 20)
        texts["/sys/devices/system/cpu/cpu0/cache/index3/size"] = "rubbish"
        texts["/sys/devices/system/cpu/cpu1/cache/index3/size"] = "99999999999999999999K"
        #expect(try bytes() == (2 + 2 + 32) << 20)
        texts = [:]
        #expect(try bytes() == 32 << 20)
    }

    @Test func `a working set takes twice the caches, or half of what is left`() throws {
        #expect(WorkingSet.wantedBytes(cache: 260 << 20) == 520 << 20)
        #expect(WorkingSet.wantedBytes(cache: 1 << 20) == 128 << 20)
        let files = try FakeFiles([
            "/proc/meminfo": "MemTotal: 2097152 kB\nMemAvailable: 1048576 kB\n",
            "/proc/self/status": "RssAnon: 0 kB\n",
        ])
        let available = AvailableMemory(files: files.files)
        func bytes(planned: Int) -> Int? {
            WorkingSet.bytes(wanted: 200 << 20, planned: planned, held: 10 << 20, in: available)
        }
        #expect(bytes(planned: 0) == 200 << 20)
        #expect(bytes(planned: 924 << 20) == 50 << 20)
        #expect(bytes(planned: 1020 << 20) == nil)
    }
}
