import Foundation
import Inference
import Offload
import Tensors
import Testing

/// Whatever the bytes of a store, whoever opens and uses it gets a result or an error.
///
/// Checksums keep out bytes that changed by accident. Here they are made right again, so that the checks behind them
/// are what is tested: those that stand between us and a store that somebody made by hand.
@Suite struct StoreFuzzTests {
    /// A store as bytes, to be changed and written to memory.
    private struct Sample {
        let data: [UInt8]
        let checksum: Data
        let path: String

        init(_ store: TemporaryStore) throws {
            data = try [UInt8](Data(contentsOf: URL(filePath: store.path + "/data.mdb")))
            checksum = try Data(contentsOf: URL(filePath: store.path + "/tree.crc"))
            path = "/dev/shm/offstage-\(UUID().uuidString)"
        }

        func remove() { try? FileManager.default.removeItem(atPath: path) }

        /// Where the pages begin that LMDB follows pointers in.
        var treePages: [Int] {
            [0, 4096] + pages.filter { [1, 2].contains(data[$0 + 10]) && data[$0 + 11] == 0 }
        }

        /// Where records begin, of one kind (``RecordHeader``): 1 experts, 2 dense weights, 3 texts.
        func records(_ kind: UInt8) -> [Int] {
            pages.map { $0 + 16 }.filter { data[$0..<$0 + 4].elementsEqual("OFR1".utf8) && data[$0 + 6] == kind }
        }

        private var pages: StrideTo<Int> { stride(from: 8192, to: data.count, by: 4096) }

        /// Where the record of a text begins that matches.
        func text(_ pattern: Regex<Substring>) throws -> Int {
            try #require(records(3).first { text(of: $0).contains(pattern) })
        }

        func text(of record: Int) -> String {
            String(decoding: data[(record + 112)...].prefix(Int(data.number(at: record + 32))), as: UTF8.self)
        }

        /// Uses a store of other bytes as a person would.
        ///
        /// - Returns: what went wrong.
        func failure(of bytes: [UInt8]) throws -> (any Error)? {
            remove()
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
            try Data(bytes).write(to: URL(filePath: path + "/data.mdb"))
            try checksum.write(to: URL(filePath: path + "/tree.crc"))
            do {
                try use()
            } catch let error as StoreError {
                guard try acceptTree(named: error.found, bytes) else { return error }
                do { try use() } catch { return error }
            } catch {
                return error
            }
            return nil
        }

        private func use() throws {
            let model = try Model(path: path)
            let tokens = model.tokens(of: Array("a text, and 7 more".utf8))
            var options = SessionOptions()
            options.positions = 8
            options.threads = 1
            options.budget = .smallest
            _ = try model.plan(options)
            _ = try model.session(options).score(Array(tokens.prefix(4)))
        }

        /// Writes the checksum that a complaint says was found in the tree.
        private func acceptTree(named complaint: String, _ bytes: [UInt8]) throws -> Bool {
            guard let found = complaint.firstMatch(of: /its tree of (\d+) pages has checksum ([0-9a-f]+)/),
                let sum = UInt32(found.2, radix: 16)
            else { return false }
            let transaction = [144, 4096 + 144].map { bytes.number(at: $0) }.max()!
            let json = "{\"crc32c\":\(sum),\"pages\":\(found.1),\"transaction\":\(transaction)}"
            try Data(json.utf8).write(to: URL(filePath: path + "/tree.crc"))
            return true
        }
    }

    @Test(arguments: 0..<2) func `bytes of tree pages`(seed: Int) throws {
        let store = try TemporaryStore("small-q4_0.gguf")
        let sample = try Sample(store)
        defer { sample.remove() }
        var random = RandomNumbers(seed: UInt64(seed))
        let places = sample.treePages
        for round in 0..<100 {
            var bytes = sample.data
            for _ in 0...round % 3 {
                let page = places.randomElement(using: &random)!
                // Nodes lie at the end of a page, what the page says of itself at its beginning.
                let isHead = Bool.random(using: &random)
                let place =
                    page
                    + (isHead ? Int.random(in: 0..<200, using: &random) : Int.random(in: 3000..<4096, using: &random))
                bytes[place] = [0, 1, 0xFF, UInt8.random(in: 0...255, using: &random)].randomElement(using: &random)!
            }
            _ = try sample.failure(of: bytes)
        }
    }

    @Test(arguments: 0..<3) func `characters of the manifest, and bytes of the vocabulary`(seed: Int) throws {
        let store = try TemporaryStore("small-q4_0.gguf")
        let sample = try Sample(store)
        defer { sample.remove() }
        var random = RandomNumbers(seed: UInt64(seed))
        for round in 0..<120 {
            var bytes = sample.data
            let record = round % 4 == 0 ? sample.records(3).randomElement(using: &random)! : try manifest(sample)
            let length = Int(bytes.number(at: record + 32))
            for _ in 0...round % 2 {
                let place = record + 112 + Int.random(in: 0..<length, using: &random)
                let isDigit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[place])
                bytes[place] =
                    isDigit
                    ? UInt8.random(in: UInt8(ascii: "0")...UInt8(ascii: "9"), using: &random)
                    : UInt8.random(in: 0...255, using: &random)
            }
            bytes.seal(record)
            _ = try sample.failure(of: bytes)
        }
    }

    @Test(arguments: [UInt8(1), 2, 3]) func `bytes of headers of records`(kind: UInt8) throws {
        let store = try TemporaryStore("small-q4_0.gguf")
        let sample = try Sample(store)
        defer { sample.remove() }
        var random = RandomNumbers(seed: UInt64(kind))
        for _ in 0..<50 {
            var bytes = sample.data
            let record = sample.records(kind).randomElement(using: &random)!
            bytes[record + Int.random(in: -16..<44, using: &random)] = UInt8.random(in: 0...255, using: &random)
            bytes.seal(record, tile: false)
            _ = try sample.failure(of: bytes)
        }
    }

    /// Each number and word of the manifest becomes another that is as long.
    @Test func `numbers of the manifest that are impossible are refused`() throws {
        let store = try TemporaryStore("small-q4_0.gguf")
        let sample = try Sample(store)
        defer { sample.remove() }
        let record = try manifest(sample)
        let text = sample.text(of: record)
        var tried = 0
        for number in text.matches(of: /(":|\[)(\d+)/) {
            for other in ["0", "-1", "4294967296", "9223372036854775807"] {
                let changed = text.replacingCharacters(in: number.2.startIndex..<number.2.endIndex, with: other)
                _ = try sample.failure(of: sample.data.replacing(record, text: changed))
                tried += 1
            }
        }
        #expect(tried > 80)
        let formats = text.replacing("\"f32\"", with: "\"q8_0\"")
        #expect(try sample.failure(of: sample.data.replacing(record, text: formats)) is StoreError)
        let unlike = text.replacing(/"experts":\[\{.*?"hiddenSize":/) { $0.output + "1" }
        #expect(unlike != text)
        #expect(try sample.failure(of: sample.data.replacing(record, text: unlike)) is StoreError)
    }

    @Test func `a page number in front of the manifest that cannot be is refused`() throws {
        let store = try TemporaryStore("small-q4_0.gguf")
        let sample = try Sample(store)
        defer { sample.remove() }
        let record = try manifest(sample)
        for bit in 0..<64 {
            var bytes = sample.data
            bytes[record - 16 + bit / 8] ^= 1 << (bit % 8)
            #expect(try sample.failure(of: bytes) is StoreError, "bit \(bit)")
        }
    }

    @Test func `a tree that ends before its pages is refused`() throws {
        let store = try TemporaryStore("small-q4_0.gguf")
        let sample = try Sample(store)
        defer { sample.remove() }
        for last in [UInt64(0), 1, 2, 3, 1 << 39, 1 << 63, .max] {
            var bytes = sample.data
            for meta in [0, 4096] {
                for byte in 0..<8 {
                    bytes[meta + 136 + byte] = UInt8(truncatingIfNeeded: last >> (8 * byte))
                    // The root of the free pages is page 2, just behind the last.
                    if last == 1 { bytes[meta + 40 + 40 + byte] = byte == 0 ? 2 : 0 }
                }
                if last == 1 { bytes[meta + 40 + 6] = 1 }
            }
            #expect(try sample.failure(of: bytes) is StoreError, "last page \(last)")
        }
    }

    @Test func `a vocabulary whose ids are not in it is refused`() throws {
        let store = try TemporaryStore("small-q4_0.gguf")
        let sample = try Sample(store)
        defer { sample.remove() }
        let record = try sample.text(/"addsBeginning"/)
        let text = sample.text(of: record)
        for (pattern, id) in [("\"beginningID\":", "320"), ("\"unknownID\":", "-1"), ("\"endIDs\":\\[", "99999")] {
            let changed = text.replacing(
                try Regex("\(pattern)\\d+"), with: pattern.replacing("\\", with: "") + id)
            #expect(changed != text)
            #expect(try sample.failure(of: sample.data.replacing(record, text: changed)) is StoreError)
        }
    }

    /// The record of the manifest; a page that is free again may hold the one of the unfinished store.
    private func manifest(_ sample: Sample) throws -> Int { try sample.text(/"architecture".*"isComplete":true/) }
}

extension [UInt8] {
    fileprivate func number(at offset: Int) -> UInt64 {
        self[offset..<offset + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Makes the checksums of a record of one tile right again.
    ///
    /// - Parameter tile: whether that of the tile, too.
    fileprivate mutating func seal(_ record: Int, tile: Bool = true) {
        let tiles = Int(number(at: record + 28) & 0xFFFF_FFFF)
        let payload = record + 48 + (Swift.min(tiles, 1000) * 4 + 63) / 64 * 64
        guard payload <= count else { return }
        if tile {
            let length = Swift.min(Int(number(at: record + 32)), count - payload)
            put(checksum(of: payload..<payload + length), at: record + 48)
        }
        put(checksum(of: record + 48..<payload, seed: checksum(of: record..<record + 44)), at: record + 44)
    }

    /// With another text in a record, which must not be longer than the page has room for.
    fileprivate func replacing(_ record: Int, text: String) -> [UInt8] {
        var bytes = self
        let text = Array(text.utf8)
        let length = Int(number(at: record + 32))
        bytes.replaceSubrange(record + 112..<record + 112 + text.count, with: text)
        for index in text.count..<Swift.max(length, text.count) { bytes[record + 112 + index] = 0 }
        for byte in 0..<8 { bytes[record + 32 + byte] = UInt8(truncatingIfNeeded: text.count >> (8 * byte)) }
        bytes.seal(record)
        return bytes
    }

    private func checksum(of range: Range<Int>, seed: UInt32 = 0) -> UInt32 {
        withUnsafeBytes { crc32c(UnsafeRawBufferPointer(rebasing: $0[range]), seed: seed) }
    }

    private mutating func put(_ value: UInt32, at offset: Int) {
        for byte in 0..<4 { self[offset + byte] = UInt8(truncatingIfNeeded: value >> (8 * byte)) }
    }
}
