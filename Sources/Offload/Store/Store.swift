import FoundationEssentials
package import Logging
package import Mixture
package import ModelFiles

/// A packed model, open for reading: its manifest in memory, and where on the disk each of its records lies.
///
/// Nothing else is read before it is asked for. Weights are read past LMDB's map and the page cache, straight into the
/// memory they are used from.
package final class Store: @unchecked Sendable {  // All set in `init`; the records' transaction is only kept, not used.
    package let path: String
    package let manifest: StoreManifest
    package let tokenizer: TokenizerDescription
    /// How the experts of each layer are cut into tiles.
    package let layouts: [ExpertLayout]
    let dense: [TensorRole: DenseTensor]
    /// The file again, to be read past the page cache.
    let file: DirectFile
    /// Where the expert records begin in the file: `[layer × experts + expert]`.
    private let experts: [Int]
    private let records: RecordFinder

    /// A dense tensor in the file.
    struct DenseTensor: Sendable {
        let layout: DenseLayout
        /// Where the record of each part begins.
        let offsets: [Int]
    }

    /// Opens the store in a folder.
    ///
    /// - Throws: ``StoreError`` when it is missing, incomplete, damaged, written by a newer program or none of ours.
    package init(at path: String, logger: Logger = Logger(label: "offstage.store")) throws {
        let folder = StoreFolder(path: path)
        try folder.checkReadable()
        records = try RecordFinder(folder)
        file = try DirectFile(folder.data, logger: logger)
        guard file.identity == records.identity else {
            throw StoreError(.inUse, path, "was replaced while it was opened", wayOut: "try again")
        }
        manifest = try StoreManifest.read(from: records, folder)
        guard manifest.isComplete else {
            throw StoreError.incomplete(path)
        }
        guard try TreeChecksum.read(from: folder) != nil else {
            throw StoreError(
                .incomplete, path, "tree.crc is missing",
                wayOut: "copy the whole folder, or run the same pack command again")
        }
        layouts = try manifest.layouts(folder)
        (dense, experts) = try (
            manifest.locateDense(in: records, folder), manifest.locateExperts(layouts, in: records, folder)
        )
        tokenizer = try StoredTokenizer.get(records, path: path)
        self.path = path
    }

    /// Where the record of an expert begins in the file.
    func offset(layer: Int, expert: Int) -> Int { experts[layer * manifest.architecture.expertCount + expert] }
}

extension StoreFolder {
    /// Checks what must be right before LMDB maps the file.
    fileprivate func checkReadable() throws {
        guard exists else {
            throw StoreError(.missing, path, "there is no such store", wayOut: "pack a model there first")
        }
        guard hasData else {
            throw StoreError(.foreign, path, "has no data.mdb, so it is no store", wayOut: "pack a model there first")
        }
        let written = try TreeChecksum.read(from: self)
        // Under a packer's hands the tree would look damaged.
        if written == nil { try FolderLock(self, isShared: true).release() }
        let found = try TreePages.checksum(of: self, isComplete: written != nil)
        guard written == nil || written == found else {
            throw StoreError.corrupt(
                path,
                "data.mdb is damaged: its tree of \(found.pages) pages has checksum \(hex(found.crc32c)), and \(hex(written!.crc32c)) was written"
            )
        }
    }
}

extension StoreManifest {
    static func read(from records: borrowing RecordFinder, _ folder: StoreFolder) throws -> StoreManifest {
        guard let text = try records.text(RecordFinder.manifest, in: .manifest) else {
            throw StoreError.withoutManifest(folder)
        }
        do {
            let version = try JSONDecoder().decode(Version.self, from: Data(text)).formatVersion
            guard version <= currentVersion else {
                throw StoreError(
                    .newer, folder.path, "it has version \(version), and this program reads up to \(currentVersion)",
                    wayOut: "use a newer program, or " + StoreError.packAgain)
            }
            return try JSONDecoder().decode(StoreManifest.self, from: Data(text))
        } catch let error as DecodingError {
            throw StoreError.corrupt(folder.path, "its manifest cannot be read: \(error)")
        }
    }

    private struct Version: Decodable {
        var formatVersion: Int
    }

    fileprivate func layouts(_ folder: StoreFolder) throws -> [ExpertLayout] {
        guard experts.count == architecture.layerCount, (1...65536).contains(architecture.expertCount), tileBytes > 0
        else {
            throw StoreError.corrupt(
                folder.path, "its manifest names experts for \(experts.count) of \(architecture.layerCount) layers")
        }
        return try experts.map { shape in
            guard let layout = ExpertLayout(shape, tileBytes: tileBytes) else {
                throw StoreError.corrupt(folder.path, "its manifest names impossible experts: \(shape)")
            }
            return layout
        }
    }

    fileprivate func locateExperts(
        _ layouts: [ExpertLayout], in records: borrowing RecordFinder, _ folder: StoreFolder
    ) throws -> [Int] {
        var offsets: [Int] = []
        offsets.reserveCapacity(layouts.count * architecture.expertCount)
        for (layer, layout) in layouts.enumerated() {
            for expert in 0..<architecture.expertCount {
                let key = ExpertLayout.key(layer: layer, expert: expert)
                let length = layout.recordLayout.length
                offsets.append(
                    try records.offset(
                        of: key, in: .experts, length: length, "expert \(expert) of layer \(layer)", folder))
            }
        }
        return offsets
    }

    fileprivate func locateDense(in records: borrowing RecordFinder, _ folder: StoreFolder) throws -> [TensorRole: Store
        .DenseTensor]
    {
        var tensors: [TensorRole: Store.DenseTensor] = [:]
        for role in TensorRole.dense(of: architecture) {
            let layout = try denseLayout(role, folder)
            var offsets: [Int] = []
            for (index, part) in layout.parts.enumerated() {
                let key = DenseLayout.key(role, part: index)
                offsets.append(
                    try records.offset(
                        of: key, in: .dense, length: layout.recordLayout(part).length, role.storeKey, folder))
            }
            tensors[role] = Store.DenseTensor(layout: layout, offsets: offsets)
        }
        return tensors
    }

    private func denseLayout(_ role: TensorRole, _ folder: StoreFolder) throws -> DenseLayout {
        let shape = role.shape(in: architecture)
        guard let format = dense[role.storeKey],
            let layout = DenseLayout(format, rows: shape.rows, columns: shape.columns)
        else {
            throw StoreError.corrupt(folder.path, "its manifest has no possible format for \(role.storeKey)")
        }
        return layout
    }
}

extension RecordFinder {
    /// Where a record begins that must be there and be so long.
    fileprivate borrowing func offset(
        of key: [UInt8], in database: Database, length: Int, _ name: @autoclosure () -> String, _ folder: StoreFolder
    ) throws -> Int {
        guard let location = try location(of: key, in: database) else {
            throw StoreError.corrupt(folder.path, "\(name()) is missing")
        }
        guard location.count == length else {
            throw StoreError.corrupt(folder.path, "\(name()) has \(location.count) bytes, not \(length)")
        }
        return location.lowerBound
    }
}
