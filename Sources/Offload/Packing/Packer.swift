import Glibc
import Mixture
package import ModelFiles
package import Tensors

/// Turns a published model into a store.
///
/// Interrupted at any point, even by `kill -9`, it goes on where it stopped when asked again.
package struct Packer {
    private let source: any ModelSource
    private let options: PackOptions

    package init(_ source: any ModelSource, options: PackOptions = PackOptions()) {
        self.source = source
        self.options = options
    }

    /// Packs into the folder `path`, or goes on there.
    ///
    /// - Parameters:
    ///   - force: builds a new store within the folder of the one at `path`, whatever that is, and then takes its place.
    ///   - origin: what the source is remembered by, if it is to be.
    ///   - workers: share the work within an expert.
    ///   - progress: told after each record.
    ///   - isCancelled: asked often; once it says yes, ``PackError/cancelled`` is thrown and everything done is kept.
    /// - Throws: ``PackError`` for what cannot be packed, ``StoreError`` for a folder in the way or a full disk, and
    ///   what the source throws.
    @discardableResult
    package func pack(
        to path: String, force: Bool = false, origin: StoreOrigin? = nil, workers: Workers = Workers(count: 1),
        progress: (PackProgress) throws -> Void = { _ in }, isCancelled: @Sendable () -> Bool = { false }
    ) throws -> StoreManifest {
        let plan = try PackPlan(source, options)
        let target = StoreFolder(path: path)
        try target.create()
        let lock = try FolderLock(target)
        try target.checkHoldsOnlyAStore()
        let wasReplaced = try target.finishReplacing()
        if !(wasReplaced && force && target.isComplete(plan.manifest)) {
            // What it is to be packed from, before there is anything of it; but an old store keeps its own until it goes.
            if !target.hasData { try origin?.write(to: target) }
            try pack(plan, to: target, isReplacing: force && target.hasData, workers, progress, isCancelled)
        }
        if let origin, origin != StoreOrigin.read(from: target) { try origin.write(to: target) }
        lock.release()
        return plan.completeManifest
    }

    private func pack(
        _ plan: PackPlan, to target: StoreFolder, isReplacing: Bool, _ workers: Workers,
        _ progress: (PackProgress) throws -> Void, _ isCancelled: @Sendable () -> Bool
    ) throws {
        let site = isReplacing ? try target.makeReplacement() : target
        switch try site.content(for: plan.manifest, startsOver: isReplacing) {
        case .complete:
            guard isReplacing else { throw alreadyThere(target.path) }
        case .unfinished:
            try site.checkSpace(for: plan.fileBytes, of: target)
            try build(plan, in: site, of: target, workers, progress, isCancelled)
        }
        if isReplacing { try target.takeReplacement() }
    }

    private func alreadyThere(_ path: String) -> StoreError {
        StoreError(.exists, path, "is a complete store", wayOut: "use it, or pack with --force to replace it")
    }

    private func build(
        _ plan: PackPlan, in folder: StoreFolder, of target: StoreFolder, _ workers: Workers,
        _ progress: (PackProgress) throws -> Void, _ isCancelled: @Sendable () -> Bool
    ) throws {
        try folder.markUnsynced()
        try folder.removeTreeChecksum()
        let capacity = options.capacity ?? plan.fileBytes + plan.fileBytes / 16 + (256 << 20)
        do {
            let environment = try Environment.open(folder.path, for: .packing(capacity: capacity / 4096 * 4096))
            var writer = PackWriter(environment, bytesPerCommit: options.bytesPerCommit)
            do {
                try fill(&writer, plan, workers, progress, isCancelled)
            } catch {
                // What was committed stays, so that the next run goes on from there.
                if !writer.hasFailed, (try? writer.checkpoint()) != nil { folder.unmarkUnsynced() }
                throw error
            }
            try environment.extendFileToLastPage()
            try environment.sync()
        } catch let error as LMDBError where error.isOutOfSpace || error.isInputOutputError && folder.mayBeFull {
            throw StoreError(.noSpace, target.path, "the disk is full: \(error)", wayOut: StoreError.makeRoom)
        }
        try TreePages.checked(folder, isComplete: true).checksum.write(to: folder)
        folder.unmarkUnsynced()
    }

    private func fill(
        _ writer: inout PackWriter, _ plan: PackPlan, _ workers: Workers, _ progress: (PackProgress) throws -> Void,
        _ isCancelled: @Sendable () -> Bool
    ) throws {
        try writer.write { transaction in
            try plan.manifest.put(transaction)
            try StoredTokenizer.put(source.tokenizer, transaction)
        }
        var done = PackProgress(bytesTotal: plan.bytes, expertsTotal: plan.expertCount)
        for (role, layout) in plan.dense {
            try packDense(role, layout, &writer, isCancelled) { bytes in
                done.bytesDone += bytes
                try progress(done)
            }
        }
        for (layer, layout) in plan.layouts.enumerated() {
            for expert in 0..<plan.manifest.architecture.expertCount {
                try packExpert(expert, layer: layer, layout, &writer, workers, isCancelled)
                done.bytesDone += layout.recordLayout.windowLength
                done.expertsDone += 1
                try progress(done)
            }
        }
        try writer.checkpoint()
        try writer.write { try plan.completeManifest.put($0) }
        try writer.checkpoint()
    }

    private func packDense(
        _ role: TensorRole, _ layout: DenseLayout, _ writer: inout PackWriter, _ isCancelled: @Sendable () -> Bool,
        _ progress: (Int) throws -> Void
    ) throws {
        let packer = try PackPlan.packer(role, source, options)
        for (index, part) in layout.parts.enumerated() {
            guard !isCancelled() else { throw PackError.cancelled }
            let header = layout.header(index, of: role)
            let key = DenseLayout.key(role, part: index)
            if try !writer.contains(key, in: .dense) {
                try writer.put(key, in: .dense, byteCount: header.layout.length) { record in
                    let payload = record.payload(header.layout)
                    try layout.isVector ? packer.packVector(into: payload) : packer.pack(part.rows, into: payload)
                    header.write(to: record, tiles: [0..<part.length])
                }
            }
            try progress(header.layout.windowLength)
        }
    }

    private func packExpert(
        _ expert: Int, layer: Int, _ layout: ExpertLayout, _ writer: inout PackWriter, _ workers: Workers,
        _ isCancelled: @Sendable () -> Bool
    ) throws {
        guard !isCancelled() else { throw PackError.cancelled }
        let header = layout.header(layer: layer, expert: expert)
        let key = ExpertLayout.key(layer: layer, expert: expert)
        guard try !writer.contains(key, in: .experts) else { return }
        let rows = try ExpertRows(layer: layer, expert: expert, layout, source, options)
        try writer.put(key, in: .experts, byteCount: header.layout.length) { record in
            try rows.pack(into: record.payload(header.layout), workers, isCancelled)
            header.write(to: record, tiles: layout.tiles.map { $0.offset..<$0.offset + $0.length })
        }
    }
}

extension UnsafeMutableRawBufferPointer {
    /// The payload of the record that this memory holds, the padding of a short record cleared.
    fileprivate func payload(_ layout: RecordLayout) -> UnsafeMutableRawBufferPointer {
        let end = layout.payloadOffset + layout.payloadLength
        UnsafeMutableRawBufferPointer(rebasing: self[end...]).initializeMemory(as: UInt8.self, repeating: 0)
        return UnsafeMutableRawBufferPointer(rebasing: self[layout.payloadOffset..<end])
    }
}

extension StoreManifest {
    fileprivate func put(_ transaction: borrowing Transaction) throws {
        try TextRecord.put(encoded(), key: RecordFinder.manifest, in: .manifest, transaction)
    }
}

extension Packer {
    /// Memory that loading the dense weights of a store will take beside them, at most: a part for each thread that reads.
    package static var stagingBytes: Int {
        Mapping.rounded(ReadingPool.wanted * (Reader.pieceBytes + 2 * RecordLayout.windowAlignment))
    }
}
