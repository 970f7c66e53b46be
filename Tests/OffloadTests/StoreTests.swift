import Foundation
import Mixture
import ModelFiles
import Offload
import Tensors
import Testing

@Suite struct StoreTests {
    /// Formats whose blocks need a wider model.
    private static func model(_ format: WeightFormat) -> RandomModel {
        var model = RandomModel(experts: format, dense: format)
        if format.blockSize > 32 {
            (model.architecture.hiddenSize, model.architecture.intermediateSize) = (256, 512)
            model.architecture.headSize = 64
        }
        return model
    }

    @Test(arguments: WeightFormat.allCases)
    func `every weight comes back from the disk as it was`(format: WeightFormat) throws {
        let folder = try TemporaryFolder()
        let model = Self.model(format)
        var options = PackOptions()
        options.tileBytes = 16 << 10
        try Packer(model, options: options).pack(to: folder("store"))
        let store = try Store(at: folder("store"))
        #expect(store.manifest.architecture == model.architecture)
        #expect(store.tokenizer == model.tokenizer)
        try expectSameDense(store, model)
        try expectSameExperts(store, model)
    }

    @Test func `a vocabulary of merges comes back as it was, in a store that older programs refuse`() throws {
        let folder = try TemporaryFolder()
        var model = RandomModel()
        var vocabulary = model.tokenizer
        (vocabulary.kind, vocabulary.pieces, vocabulary.scores) = (.byteLevelBPE, ["<|end|>", "a", "b", "ab", "Ġ"], [])
        (vocabulary.kinds, vocabulary.unknownID) = ([.control, .normal, .normal, .normal, .normal], nil)
        (vocabulary.beginningID, vocabulary.endIDs, vocabulary.addsEnd) = (nil, [0], true)
        vocabulary.merging = MergeRules(
            merges: [1, 2], ignoresMerges: true, normalization: [.composed],
            splits: [TextSplit(#"\p{L}+|\s+"#, behavior: .isolated)], added: [AddedPiece(id: 0, stripsLeft: true)])
        model.vocabulary = vocabulary
        try Packer(model).pack(to: folder("store"))
        let store = try Store(at: folder("store"))
        #expect(store.tokenizer == vocabulary)
        #expect(store.manifest.formatVersion == 3)
        #expect(try store.tokenizer.tokenizer().encode("ab a".utf8, parsingSpecial: false) == [3, 4, 1])
    }

    private func expectSameDense(_ store: Store, _ model: RandomModel) throws {
        let dense = try store.loadDense()
        #expect(dense.count == TensorRole.dense(of: model.architecture).count)
        for (role, matrix) in dense {
            for index in 0..<matrix.rows { #expect(try row(index, of: matrix) == model.numbers(role, row: index)) }
        }
    }

    private func expectSameExperts(_ store: Store, _ model: RandomModel) throws {
        let cache = try ExpertCache(store, slots: 2)
        for layer in 0..<model.architecture.layerCount {
            let leases = try cache.lease(Array(0..<model.architecture.expertCount), layer: layer)
            for lease in leases {
                let rows = try cache.rows(of: lease, layer: layer)
                let (gate, up) = (
                    TensorRole(.expertGate, layer: layer, expert: lease.expert),
                    TensorRole(.expertUp, layer: layer, expert: lease.expert)
                )
                for index in rows.gate.indices {
                    #expect(try rows.gate[index] == model.numbers(gate, row: index))
                    #expect(try rows.up[index] == model.numbers(up, row: index))
                }
                for index in rows.down.indices {
                    let down = TensorRole(.expertDown, layer: layer, expert: lease.expert)
                    #expect(try rows.down[index] == model.numbers(down, row: index))
                }
                #expect(rows.gate.count == model.architecture.intermediateSize)
                #expect(rows.down.count == model.architecture.hiddenSize)
                lease.release()
            }
        }
    }

    @Test func `layers with experts of different formats have different sizes`() throws {
        let folder = try TemporaryFolder()
        let model = RandomModel(experts: .q4_0, down: [1: .q8_0])
        try Packer(model).pack(to: folder("store"))
        let store = try Store(at: folder("store"))
        #expect(store.layouts[1].length > store.layouts[0].length)
        try expectSameExperts(store, model)
    }

    @Test(arguments: [WeightFormat.f32, .f16, .bf16, .q8_0, .q4_0])
    func `a matrix of one row is a matrix like others`(format: WeightFormat) throws {
        let folder = try TemporaryFolder()
        var model = RandomModel(dense: format)
        model.architecture.sharedIntermediateSize = 1
        if format.isQuantized { model.architecture.sharedIntermediateSize = 32 }
        model.architecture.vocabularySize = 1
        try Packer(model).pack(to: folder("store"))
        let dense = try Store(at: folder("store")).loadDense()
        for role in [TensorRole.tokenEmbedding, .output, TensorRole(.sharedUp, layer: 1)] {
            let matrix = try #require(dense[role])
            #expect(try row(0, of: matrix) == model.numbers(role, row: 0))
        }
    }

    @Test func `dense tensors larger than a read come back whole`() throws {
        let folder = try TemporaryFolder()
        var model = RandomModel()
        model.architecture.vocabularySize = 9001
        try Packer(model).pack(to: folder("store"))
        let store = try Store(at: folder("store"))
        let embedding = try #require(try store.loadDense([.tokenEmbedding])[.tokenEmbedding])
        for index in [0, 4079, 4080, 4081, 8999, 9000] {
            #expect(try row(index, of: embedding) == model.numbers(.tokenEmbedding, row: index))
        }
    }

    @Test func `one process opens a store many times at once`() throws {
        let folder = try TemporaryFolder()
        try Packer(RandomModel()).pack(to: folder("store"))
        let stores = try (0..<4).map { _ in try Store(at: folder("store")) }
        #expect(try stores.allSatisfy { try $0.loadDense([.outputNorm]).count == 1 })
        let again = Store.self
        DispatchQueue.concurrentPerform(iterations: 16) { _ in
            #expect(throws: Never.self) { _ = try again.init(at: folder("store")) }
        }
    }
}

@Suite struct StoreRefusalTests {
    private func reason(_ path: String) throws -> StoreError.Reason? {
        #expect(throws: StoreError.self) { try Store(at: path) }
        do {
            _ = try Store(at: path)
        } catch let error as StoreError {
            #expect(error.description.contains(path))
            return error.reason
        }
        return nil
    }

    @Test func `a folder that is not there`() throws {
        let folder = try TemporaryFolder()
        #expect(try reason(folder("nothing")) == .missing)
    }

    @Test func `a folder without a store, and a file that LMDB did not write`() throws {
        let folder = try TemporaryFolder()
        #expect(try reason(folder.path) == .foreign)
        try Data(repeating: 7, count: 20000).write(to: URL(filePath: folder("data.mdb")))
        #expect(try reason(folder.path) == .foreign)
        try Data(repeating: 7, count: 20).write(to: URL(filePath: folder("data.mdb")))
        #expect(try reason(folder.path) == .truncated)
    }

    @Test func `a store that was not packed to its end`() throws {
        let folder = try TemporaryFolder()
        #expect(throws: PackError.cancelled) {
            try Packer(RandomModel()).pack(to: folder("store")) { if $0.expertsDone == 4 { throw PackError.cancelled } }
        }
        #expect(try reason(folder("store")) == .incomplete)
    }

    @Test func `a store whose file was cut off`() throws {
        let folder = try TemporaryFolder()
        try Packer(RandomModel()).pack(to: folder("store"))
        let file = try FileHandle(forUpdating: URL(filePath: folder("store/data.mdb")))
        let length = try file.seekToEnd()
        try file.truncate(atOffset: length - 4096)
        #expect(try reason(folder("store")) == .truncated)
        try file.truncate(atOffset: length / 2)
        #expect(try reason(folder("store")) == .truncated)
        try file.truncate(atOffset: 0)
        #expect(try reason(folder("store")) == .truncated)
    }

    @Test func `a store that was copied without its checksum`() throws {
        let folder = try TemporaryFolder()
        try Packer(RandomModel()).pack(to: folder("store"))
        try FileManager.default.removeItem(atPath: folder("store/tree.crc"))
        #expect(try reason(folder("store")) == .incomplete)
        try Packer(RandomModel()).pack(to: folder("store"))
        #expect(try Store(at: folder("store")).manifest.isComplete)
    }
}
