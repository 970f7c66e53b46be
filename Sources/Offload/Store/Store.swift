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
        let opening = try StoreOpening.begin(folder, logger)
        manifest = opening.manifest
        file = opening.file
        records = opening.records
        try manifest.check(fileLength: records.fileLength, folder)
        layouts = try manifest.layouts(folder)
        (dense, experts) = try (
            manifest.locateDense(in: records, folder), manifest.locateExperts(layouts, in: records, folder)
        )
        tokenizer = try StoredTokenizer.get(
            records, vocabularySize: manifest.architecture.vocabularySize, path: path)
        self.path = path
    }

    /// Where the record of an expert begins in the file.
    func offset(layer: Int, expert: Int) -> Int { experts[layer * manifest.architecture.expertCount + expert] }
}

extension StoreManifest {
    fileprivate func layouts(_ folder: StoreFolder) throws -> [ExpertLayout] {
        try experts.map { shape in
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
                        of: key, in: .dense, length: layout.recordLayout(part).length, role.name, folder))
            }
            tensors[role] = Store.DenseTensor(layout: layout, offsets: offsets)
        }
        return tensors
    }

    private func denseLayout(_ role: TensorRole, _ folder: StoreFolder) throws -> DenseLayout {
        let shape = role.shape(in: architecture)
        guard let format = dense[role.name],
            let layout = DenseLayout(format, rows: shape.rows, columns: shape.columns)
        else {
            throw StoreError.corrupt(folder.path, "its manifest has no possible format for \(role.name)")
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
