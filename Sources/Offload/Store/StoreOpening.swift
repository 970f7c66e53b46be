import Logging

/// The first steps into a store: its tree is checked, then LMDB maps the file, then the manifest is read.
struct StoreOpening: ~Copyable {
    /// A store is replaced in a moment, so that a second look finds the new one whole.
    private static let looks = 3

    let records: RecordFinder
    let file: DirectFile
    let manifest: StoreManifest

    /// - Throws: ``StoreError`` when the folder holds no store that can be read.
    static func begin(_ folder: StoreFolder, _ logger: Logger) throws -> StoreOpening {
        for _ in 1..<looks {
            do {
                return try look(folder, logger)
            } catch let error as StoreError where error == .replaced(folder.path) {}
        }
        return try look(folder, logger)
    }

    private static func look(_ folder: StoreFolder, _ logger: Logger) throws -> StoreOpening {
        try folder.checkIsThere()
        var written = try folder.treeChecksums
        if written.isEmpty {
            // Under a packer's hands the tree would look damaged, and LMDB must not look at it at all.
            let lock = try FolderLock(folder, isShared: true)
            written = try folder.treeChecksums
            if written.isEmpty { throw whyIncomplete(folder) }
            lock.release()
        }
        let tree = try TreePages.checked(folder, isComplete: true)
        guard written.contains(tree.checksum) else {
            let isSame = try FileIdentity(path: folder.data) == tree.identity && written == folder.treeChecksums
            throw isSame ? damage(tree.checksum, written[0], folder) : StoreError.replaced(folder.path)
        }
        let records = try RecordFinder(folder, checked: tree.identity)
        let file = try DirectFile(folder.data, logger: logger)
        guard file.identity == records.identity else { throw StoreError.replaced(folder.path) }
        let manifest = try StoreManifest.read(from: records, folder)
        guard manifest.isComplete else { throw StoreError.incomplete(folder.path) }
        return StoreOpening(records: records, file: file, manifest: manifest)
    }

    /// What there is of a store without a checksum.
    private static func whyIncomplete(_ folder: StoreFolder) -> any Error {
        do {
            let tree = try TreePages.checked(folder, isComplete: false)
            let manifest = try StoreManifest.read(from: RecordFinder(folder, checked: tree.identity), folder)
            return manifest.isComplete ? StoreError.withoutChecksum(folder.path) : StoreError.incomplete(folder.path)
        } catch {
            return error
        }
    }

    private static func damage(_ found: TreeChecksum, _ written: TreeChecksum, _ folder: StoreFolder) -> StoreError {
        .corrupt(
            folder.path,
            "data.mdb is damaged: its tree of \(found.pages) pages has checksum \(hex(found.crc32c)), and \(hex(written.crc32c)) was written"
        )
    }
}
