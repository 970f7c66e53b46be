import Foundation
import Mixture
import ModelFiles
import Offload
import Synchronization
import Tensors
import Testing

@Suite struct PackerTests {
    @Test(arguments: [WeightFormat.q8_0, .q4_0, .q5_0, .q5_1, .bf16, .f16])
    func `float weights are quantized, norms and gates stay`(format: WeightFormat) throws {
        let folder = try TemporaryFolder()
        let model = RandomModel()
        try Packer(model, options: PackOptions(quantization: .one(format))).pack(to: folder("store"))
        let store = try Store(at: folder("store"))
        let dense = try store.loadDense()
        for (role, matrix) in dense {
            #expect(matrix.format == (role.isAlwaysFloat ? .f32 : format))
            let numbers = try model.numbers(role, row: 0)
            #expect(row(0, of: matrix) == (role.isAlwaysFloat ? numbers : rounded(numbers, to: format)))
        }
        let cache = try ExpertCache(store, slots: 1)
        let lease = try cache.lease([3], layer: 1)[0]
        let role = TensorRole(.expertUp, layer: 1, expert: 3)
        #expect(try cache.rows(of: lease, layer: 1).up[5] == rounded(model.numbers(role, row: 5), to: format))
        lease.release()
    }

    @Test(arguments: [(WeightFormat.q4_K, WeightFormat.q5_0), (.q5_K, .q5_1), (.q6_K, .q8_0)])
    func `blocks of 256 go where rows divide into them, and blocks of 32 elsewhere`(
        format: WeightFormat, substitute: WeightFormat
    ) throws {
        let folder = try TemporaryFolder()
        var model = RandomModel()
        model.architecture.hiddenSize = 256
        try Packer(model, options: PackOptions(quantization: .one(format))).pack(to: folder("store"))
        let store = try Store(at: folder("store"))
        #expect(store.manifest.experts[0].upFormat == format)
        #expect(store.manifest.experts[0].downFormat == substitute)
        for (role, matrix) in try store.loadDense() where !role.isAlwaysFloat {
            #expect(matrix.format == (role.kind == .attentionOutput ? substitute : format))
            let numbers = try model.numbers(role, row: 0)
            #expect(row(0, of: matrix) == rounded(numbers, to: matrix.format))
        }
        #expect(
            Substitution.all(in: model.architecture) { _ in .one(format) } == [
                Substitution(kinds: [.attentionOutput, .expertDown], asked: format, format: substitute)
            ])
    }

    @Test func `a mix gives matrices and layers formats of their own`() throws {
        let folder = try TemporaryFolder()
        var model = RandomModel()
        (model.architecture.hiddenSize, model.architecture.intermediateSize) = (256, 256)
        let manifest = try Packer(model, options: PackOptions(quantization: .mix(.q4_K_M))).pack(to: folder("store"))
        #expect(manifest.experts.map(\.gateFormat) == [.q4_K, .q4_K, .q4_K])
        #expect(manifest.experts.map(\.downFormat) == [.q4_K, .q4_K, .q6_K])
        #expect(manifest.dense["output"] == .q6_K)
        #expect((0..<3).map { manifest.dense["layer.\($0).value"] } == [.q4_K, .q4_K, .q6_K])
        let store = try Store(at: folder("store"))
        let cache = try ExpertCache(store, slots: 1)
        for (layer, format) in [(1, WeightFormat.q4_K), (2, .q6_K)] {
            let lease = try cache.lease([3], layer: layer)[0]
            defer { lease.release() }
            let numbers = try model.numbers(TensorRole(.expertDown, layer: layer, expert: 3), row: 5)
            #expect(try cache.rows(of: lease, layer: layer).down[5] == rounded(numbers, to: format))
        }
    }

    @Test func `experts and the rest may be of different mixes`() throws {
        let folder = try TemporaryFolder()
        var model = RandomModel()
        (model.architecture.hiddenSize, model.architecture.intermediateSize) = (256, 256)
        let options = PackOptions(quantization: .mix(.q5_K_S), denseQuantization: .one(.q8_0))
        let manifest = try Packer(model, options: options).pack(to: folder("store"))
        #expect(manifest.experts.allSatisfy { $0.gateFormat == .q5_K && $0.downFormat == .q5_K })
        #expect(manifest.dense["output"] == .q8_0)
        let turned = PackOptions(quantization: .one(.q8_0), denseQuantization: .mix(.q4_K_M))
        let other = try Packer(model, options: turned).pack(to: folder("other"))
        #expect(other.experts.allSatisfy { $0.gateFormat == .q8_0 && $0.downFormat == .q8_0 })
        #expect(other.dense["layer.2.value"] == .q6_K)
    }

    /// What numbers become in a format.
    private func rounded(_ numbers: [Float], to format: WeightFormat) -> [Float] {
        var bytes = [UInt8](repeating: 0, count: format.bytesPerRow(columns: numbers.count)!)
        bytes.withUnsafeMutableBytes { format.encode(numbers.span, into: $0) }
        var numbers = numbers
        var span = numbers.mutableSpan
        bytes.withUnsafeBytes { format.decode($0, into: &span) }
        return numbers
    }

    @Test func `dense tensors may have a format of their own`() throws {
        let folder = try TemporaryFolder()
        let options = PackOptions(quantization: .one(.q4_0), denseQuantization: .one(.q8_0))
        let manifest = try Packer(RandomModel(), options: options).pack(to: folder("store"))
        #expect(manifest.experts[0].gateFormat == .q4_0)
        #expect(manifest.dense["layer.0.query"] == .q8_0)
        #expect(manifest.dense["layer.0.gate"] == .f32)
    }

    @Test func `a quantized model is not quantized again`() throws {
        let folder = try TemporaryFolder()
        #expect(throws: PackError.requantized(tensor: "token_embedding", from: .q8_0, to: .q4_0)) {
            try Packer(RandomModel(experts: .q4_0, dense: .q8_0), options: PackOptions(quantization: .one(.q4_0))).pack(
                to: folder("store"))
        }
    }

    @Test func `a width that does not divide into blocks is named`() throws {
        let folder = try TemporaryFolder()
        var model = RandomModel()
        model.architecture.intermediateSize = 80
        let error = #expect(throws: PackError.self) {
            try Packer(model, options: PackOptions(quantization: .one(.q8_0))).pack(to: folder("store"))
        }
        #expect(error == .indivisible(tensor: "layer.0.expert.0.expert_down", columns: 80, format: .q8_0))
    }

    @Test func `progress ends at the whole`() throws {
        let folder = try TemporaryFolder()
        var last: PackProgress?
        var done = 0
        try Packer(RandomModel()).pack(to: folder("store"), workers: Workers(count: 2)) {
            #expect($0.bytesDone > done)
            done = $0.bytesDone
            last = $0
        }
        #expect(last?.bytesDone == last?.bytesTotal)
        #expect(last?.expertsDone == 15)
        #expect(last?.expertsTotal == 15)
    }

    @Test func `a complete store is replaced only by force`() throws {
        let folder = try TemporaryFolder()
        try Packer(RandomModel()).pack(to: folder("store"))
        let open = try Store(at: folder("store"))
        #expect(throws: StoreError.self) { try Packer(RandomModel(experts: .q8_0)).pack(to: folder("store")) }
        try Packer(RandomModel(experts: .q8_0)).pack(to: folder("store"), force: true)
        #expect(try Store(at: folder("store")).manifest.experts[0].gateFormat == .q8_0)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["store"])
        // Who had the old one open goes on with it.
        #expect(try open.loadDense([.outputNorm]).count == 1)
    }

    @Test func `a folder with other files is left alone`() throws {
        let folder = try TemporaryFolder()
        try Data("dear diary".utf8).write(to: URL(filePath: folder("diary")))
        for force in [false, true] {
            #expect(throws: StoreError.self) { try Packer(RandomModel()).pack(to: folder.path, force: force) }
        }
        #expect(FileManager.default.fileExists(atPath: folder("diary")))
    }

    @Test func `a folder is packed by one at a time, and not read meanwhile`() throws {
        let folder = try TemporaryFolder()
        var refused: [StoreError.Reason] = []
        try Packer(RandomModel()).pack(to: folder("store")) { progress in
            guard progress.expertsDone == 1 else { return }
            do { try Packer(RandomModel()).pack(to: folder("store")) } catch let error as StoreError {
                refused.append(error.reason)
            }
            do { _ = try Store(at: folder("store")) } catch let error as StoreError { refused.append(error.reason) }
        }
        #expect(refused == [.inUse, .inUse])
    }
}

@Suite struct PackInterruptionTests {
    private let model = RandomModel(experts: .q8_0)

    /// A store packed without interruption.
    private func whole(_ folder: borrowing TemporaryFolder) throws -> [UInt64] {
        try Packer(model).pack(to: folder("whole"))
        return try fingerprints(folder("whole"))
    }

    private func fingerprints(_ path: String) throws -> [UInt64] {
        let store = try Store(at: path)
        let cache = try ExpertCache(store, slots: 3)
        return try (0..<3).flatMap { layer in
            try (0..<5).map { expert in
                let lease = try cache.lease([expert], layer: layer)[0]
                defer { lease.release() }
                return try cache.fingerprint(of: lease, layer: layer)
            }
        }
    }

    @Test func `packing goes on from wherever it was killed`() throws {
        let folder = try TemporaryFolder(inMemory: true)
        let whole = try whole(folder)
        // What a killed process leaves is what the file holds at that moment.
        var snapshots = 0
        var options = PackOptions()
        options.bytesPerCommit = 20_000
        try Packer(model, options: options).pack(to: folder("store")) { _ in
            try FileManager.default.copyItem(atPath: folder("store"), toPath: folder("killed \(snapshots)"))
            snapshots += 1
        }
        #expect(snapshots > 30)
        for snapshot in 0..<snapshots {
            let path = folder("killed \(snapshot)")
            #expect(throws: StoreError.self) { try Store(at: path) }
            var kept = 0
            try Packer(model, options: options).pack(to: path) { _ in kept += 1 }
            #expect(try fingerprints(path) == whole)
        }
    }

    @Test func `cancelling keeps what is done`() throws {
        let folder = try TemporaryFolder()
        let whole = try whole(folder)
        for limit in [0, 1, 20, 40, 50] {
            let questions = Atomic(0)
            #expect(throws: PackError.cancelled) {
                try Packer(model).pack(
                    to: folder("store"), isCancelled: { questions.wrappingAdd(1, ordering: .relaxed).newValue > limit })
            }
        }
        try Packer(model).pack(to: folder("store"))
        #expect(try fingerprints(folder("store")) == whole)
    }

    @Test func `a full disk leaves a store that is finished later`() throws {
        let folder = try TemporaryFolder()
        let whole = try whole(folder)
        var options = PackOptions()
        options.bytesPerCommit = 20_000
        options.capacity = 400_000
        let error = #expect(throws: StoreError.self) { try Packer(model, options: options).pack(to: folder("store")) }
        #expect(error?.reason == .noSpace)
        options.capacity = nil
        var first: PackProgress?
        try Packer(model, options: options).pack(to: folder("store")) { first = first ?? $0 }
        #expect(try fingerprints(folder("store")) == whole)
    }

    @Test func `other weights or options do not go on in the same store`() throws {
        let folder = try TemporaryFolder()
        let interrupt: (PackProgress) throws -> Void = { if $0.expertsDone == 2 { throw PackError.cancelled } }
        #expect(throws: PackError.cancelled) { try Packer(model).pack(to: folder("store"), progress: interrupt) }
        var other = model
        other.digest = "another"
        let error = #expect(throws: StoreError.self) { try Packer(other).pack(to: folder("store")) }
        #expect(error?.reason == .different)
        try Packer(other).pack(to: folder("store"), force: true)
        #expect(try Store(at: folder("store")).manifest.sourceDigest == "another")
    }

    @Test func `an interrupted replacement leaves the old store, and goes on`() throws {
        let folder = try TemporaryFolder()
        try Packer(RandomModel()).pack(to: folder("store"))
        let interrupt: (PackProgress) throws -> Void = { if $0.expertsDone == 2 { throw PackError.cancelled } }
        #expect(throws: PackError.cancelled) {
            try Packer(model).pack(to: folder("store"), force: true, progress: interrupt)
        }
        #expect(try Store(at: folder("store")).manifest.experts[0].gateFormat == .f32)
        try Packer(model).pack(to: folder("store"), force: true)
        #expect(try Store(at: folder("store")).manifest.experts[0].gateFormat == .q8_0)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["store"])
    }
}
