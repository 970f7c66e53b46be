import Glibc

/// How a new store takes the place of an old one: inside the folder, which itself stays.
///
/// So a link to the folder stays a link and a mount point may be packed into, nothing beside the folder is touched, and
/// one lock on it keeps all others away from the beginning to the end. The new store is built in a sub-folder. Then its
/// data takes the place of the old (the one step that counts), its checksum follows, and the sub-folder goes. In between
/// readers find the checksum where it was (``treeChecksums``), and the next packer finishes the move.
///
/// The functions here are for whoever holds the lock on the folder.
extension StoreFolder {
    private static let replacementName = ".offstage-packing"

    /// Where a store is built that is to take this one's place.
    var replacement: StoreFolder { StoreFolder(path: path + "/" + Self.replacementName) }

    /// Says in a replacement's folder that we made it.
    private var mark: String { path + "/made-by-offstage" }

    /// Checks that nothing lies here that a packer did not put here.
    func checkHoldsOnlyAStore() throws {
        if let name = try foreignNames.first {
            throw StoreError(
                .exists, path, "is there and is no store: it holds \(name)",
                wayOut: "choose another name, or remove it yourself")
        }
        guard try replacement.isOurs else {
            throw StoreError(
                .exists, path, "holds \(Self.replacementName), and other things in it than packing leaves there",
                wayOut: "remove that folder yourself")
        }
    }

    /// Makes the folder for a new store, or finds the one where packing stopped.
    func makeReplacement() throws -> StoreFolder {
        var status = stat()
        guard lstat(data, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw StoreError(
                .exists, path, "its data.mdb is a link or a folder, which is not replaced",
                wayOut: "choose another name, or remove it yourself")
        }
        let site = replacement
        guard mkdir(site.path, 0o777) == 0 || errno == EEXIST else {
            throw StoreError(
                .unreadable, path, "cannot be written to: \(errorText(errno))", wayOut: "choose another place")
        }
        let descriptor = open(site.mark, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else {
            throw StoreError(.unreadable, path, "\(site.mark) cannot be made: \(errorText(errno))")
        }
        close(descriptor)
        return site
    }

    /// Puts the complete replacement in the place of what is here.
    func takeReplacement() throws {
        try move(replacement.data, to: data)
        try finishReplacing()
    }

    /// Does what a packer had still to do that was stopped after the data had moved.
    ///
    /// - Returns: whether there was one.
    @discardableResult
    func finishReplacing() throws -> Bool {
        let site = replacement
        guard site.isMarked, !site.hasData, let moved = try? TreeChecksum.read(from: site),
            moved == (try? TreePages.checked(self, isComplete: true).checksum)
        else { return false }
        try move(site.treeChecksum, to: treeChecksum)
        try removeLeftovers()
        try site.remove()
        return true
    }

    private func move(_ file: String, to place: String) throws {
        guard rename(file, place) == 0 else {
            throw StoreError(
                .unreadable, path, "the new store is complete, but \(file) cannot take its place: \(errorText(errno))",
                wayOut: "mend that and run the same command again")
        }
        syncNames()
    }

    /// Whether nothing is lost with this replacement: it is not there, empty, or marked and only a store.
    private var isOurs: Bool {
        get throws {
            var status = stat()
            guard lstat(path, &status) == 0 else { return true }
            guard status.st_mode & S_IFMT == S_IFDIR else { return false }
            let foreign = try foreignNames.filter { path + "/" + $0 != mark }
            return try foreign.isEmpty && (isMarked || names.isEmpty)
        }
    }

    private var isMarked: Bool { access(mark, F_OK) == 0 }

    /// Removes what was packed to take this store's place and has not yet.
    func removeReplacement() throws {
        if access(replacement.path, F_OK) == 0 { try replacement.remove() }
    }

    /// Removes the folder of a replacement, its mark last.
    private func remove() throws {
        try removeFiles()
        unlink(mark)
        rmdir(path)
    }
}
