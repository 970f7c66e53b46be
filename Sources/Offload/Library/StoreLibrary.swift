import Files
import Glibc
import Logging
package import ModelFiles

/// Folders full of stores, which are found again by what they were packed from.
package struct StoreLibrary: Sendable {
    /// Where stores are looked for; new ones go to the first.
    package let folders: [String]

    package init(folders: [String]) {
        precondition(!folders.isEmpty, "a library without a folder")
        self.folders = folders
    }

    /// All stores and beginnings of stores, folder by folder, by name.
    package var entries: [StoreEntry] {
        folders.flatMap { folder in
            let names = (try? StoreFolder(path: folder).names) ?? []
            return names.sorted().compactMap { StoreEntry(name: $0, in: folder) }
        }
    }

    /// The complete store of a model as it is, in the state that it is in now, found without a look into either.
    package func store(marked mark: SourceMark) -> StoreEntry? { store { $0.mark == mark.digits } }

    /// The complete store of what once was at a path, as it was.
    package func store(from path: String) -> StoreEntry? { store { $0.path == path } }

    private func store(where isMeant: (StoreOrigin) -> Bool) -> StoreEntry? {
        entries.first { entry in
            guard let origin = entry.origin, origin.isExact, isMeant(origin) else { return false }
            return entry.isComplete
        }
    }

    /// The complete store of a model that holds its weights as they are, wherever it lay when it was packed.
    package func store(of model: any ModelSource) throws -> StoreEntry? {
        var wanted = try PackPlan(model, PackOptions()).completeManifest
        return entries.first { entry in
            guard entry.isComplete, let found = entry.manifest else { return false }
            wanted.name = found.name
            return found.isComplete && found.isContinued(by: wanted)
        }
    }

    /// The folder for the store of a model: the one it had before, if it was made by itself; else a new one of this name, or with
    /// a number behind it where something of the name is there already.
    package func claim(_ name: String, for origin: StoreOrigin) throws -> StoreEntry {
        let home = StoreFolder(path: folders[0])
        try home.create()
        // Of several programs that want the same store one makes the folder, and the others find it.
        let turn = FolderTurn(home.path)
        let own = entries.first { $0.origin?.isAutomatic == true && $0.origin?.path == origin.path }
        let entry = try own ?? create(name, in: home, origin)
        turn.end()
        return entry
    }

    private func create(_ name: String, in home: StoreFolder, _ origin: StoreOrigin) throws -> StoreEntry {
        var number = 1
        while true {
            let free = number == 1 ? name : "\(name)-\(number)"
            number += 1
            guard !folders.contains(where: { isThere($0 + "/" + free) }) else { continue }
            let folder = StoreFolder(path: home.path + "/" + free)
            try folder.create()
            try origin.write(to: folder)
            return StoreEntry(name: free, folder, origin)
        }
    }

    /// Whether there is anything of a name, and be it a link to nothing.
    private func isThere(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }
}

/// A store in a library, or the beginning of one.
package struct StoreEntry: Sendable {
    package let name: String
    package let origin: StoreOrigin?
    let folder: StoreFolder

    package var path: String { folder.path }
    /// Whether its packer came to the end.
    package var isComplete: Bool { folder.hasData && access(folder.treeChecksum, F_OK) == 0 }

    /// Nil when there is nothing in the folder that a packer put there.
    package init?(name: String, in home: String) {
        self.init(name: name, path: home.hasSuffix("/") ? home + name : home + "/" + name)
    }

    /// The same, by its path.
    package init?(name: String, path: String) {
        let folder = StoreFolder(path: path)
        let origin = StoreOrigin.read(from: folder)
        guard origin != nil || folder.hasData else { return nil }
        self.init(name: name, folder, origin)
    }

    init(name: String, _ folder: StoreFolder, _ origin: StoreOrigin?) {
        (self.name, self.folder, self.origin) = (name, folder, origin)
    }

    /// What it takes on the disk.
    package var bytes: Int {
        [folder.data, folder.replacement.data].reduce(0) { sum, file in
            var status = stat()
            return stat(file, &status) == 0 ? sum + Int(status.st_blocks) * 512 : sum
        }
    }

    /// What it says of itself; nil when it is incomplete or damaged.
    var manifest: StoreManifest? {
        do {
            let opening = try StoreOpening.begin(folder, Logger(label: "offstage.store"))
            return opening.manifest
        } catch {
            return nil
        }
    }

    /// Notes what it was packed from, or where that is now.
    package func note(_ origin: StoreOrigin) throws {
        if origin != self.origin { try origin.write(to: folder) }
    }

    /// Whether a packer is at work in it.
    package var isBeingPacked: Bool {
        do {
            try FolderLock(folder, isShared: true).release()
            return false
        } catch {
            return (error as? StoreError)?.reason == .inUse
        }
    }

    /// Removes the store and its folder.
    ///
    /// - Throws: ``StoreError`` when it is no store alone, or a packer is at work in it; nothing has been removed then.
    package func remove() throws {
        var status = stat()
        // A link with a slash behind it would be followed, and no folder can be removed as `.`.
        var own = path
        while own.count > 1, own.hasSuffix("/") { own.removeLast() }
        guard lstat(own, &status) == 0, status.st_mode & S_IFMT == S_IFDIR, let real = realpath(own, nil) else {
            throw StoreError(
                .exists, path, "is a link or a file, not the folder of a store", wayOut: "remove it yourself")
        }
        defer { free(real) }
        let lock = try FolderLock(folder)
        try folder.checkHoldsOnlyAStore()
        try folder.removeFiles()
        try folder.removeReplacement()
        guard rmdir(real) == 0 else {
            throw StoreError(.unreadable, path, "its files are removed, but the folder cannot be: \(errorText(errno))")
        }
        lock.release()
    }

    /// Takes the folder away again in which nothing has been packed.
    package func abandon() {
        guard !folder.hasData, let lock = try? FolderLock(folder) else { return }
        if (try? folder.foreignNames) == [] { try? folder.removeFiles() }
        rmdir(path)
        lock.release()
    }
}
