import ArgumentParser
import Foundation
import ModelFiles
import Offload

/// Where models live.
struct HomeOptions: ParsableArguments {
    @Option(
        name: .customLong("experts-dir"),
        help: ArgumentHelp(
            "Where packed models live, and recipes and training runs. (default: experts; of models also "
                + "$XDG_DATA_HOME/offstage, where those that are run from their files go if there is no experts)",
            valueName: "folder"))
    var given: String?

    private static let usual = "experts"

    /// Where models are packed to by their names, and recipes and training runs lie.
    var directory: String { given ?? Self.usual }

    func path(of name: String) -> String { directory.hasSuffix("/") ? directory + name : directory + "/" + name }

    /// How a command that is quoted says where models live.
    var flag: String { directory == Self.usual ? "" : " --experts-dir \(directory.shellWord)" }

    /// The folders that models are looked for in; those that are run from their files go to the first.
    var library: StoreLibrary {
        if let given { return StoreLibrary(folders: [given]) }
        var isFolder: ObjCBool = false
        let isHere = FileManager.default.fileExists(atPath: Self.usual, isDirectory: &isFolder) && isFolder.boolValue
        return StoreLibrary(folders: (isHere ? [Self.usual] : []) + [Self.dataHome])
    }

    /// As the XDG Base Directory Specification has it.
    private static var dataHome: String {
        let environment = ProcessInfo.processInfo.environment
        if let home = environment["XDG_DATA_HOME"], home.hasPrefix("/") { return home + "/offstage" }
        return (environment["HOME"] ?? NSHomeDirectory()) + "/.local/share/offstage"
    }

    /// What can be made again at any time; as above.
    static var cacheHome: String {
        let environment = ProcessInfo.processInfo.environment
        if let home = environment["XDG_CACHE_HOME"], home.hasPrefix("/") { return home + "/offstage" }
        return (environment["HOME"] ?? NSHomeDirectory()) + "/.cache/offstage"
    }

    /// The path of the store that a person means by a name, a path, or the path of the store's data; nil if there is none.
    func store(named model: String) -> String? {
        let data = "data.mdb"
        let folder = model == data ? "." : model.hasSuffix("/" + data) ? String(model.dropLast(data.count + 1)) : model
        return ([folder] + library.folders.map { $0 + "/" + folder }).first(where: isStore)
    }

    /// The same for what may have come no further than its beginning.
    func entry(named model: String) -> StoreEntry? {
        let name = (model as NSString).lastPathComponent
        return ([model] + library.folders.map { $0 + "/" + model }).lazy.compactMap { StoreEntry(name: name, path: $0) }
            .first
    }

    /// The store that is meant, or else the file or folder of that path.
    func storeOrFile(named model: String) throws -> String {
        if let store = store(named: model) { return store }
        guard isThere(model) else { throw unknown(model) }
        return model
    }

    /// The path of the store that is meant, or of the one that a file or folder is packed into, now if it is not yet.
    ///
    /// - Throws: what `pack` would say; and when there is nothing, what there is.
    func storePath(of model: String) throws -> String {
        if let path = store(named: model) { return path }
        let source = PackedSource(library: library, source: model)
        guard isThere(model) else {
            guard let path = source.storePathWithoutSource else { throw unknown(model) }
            Terminal.note("\(model) is gone; its store \(path) is used.")
            return path
        }
        do {
            return try source.storePath()
        } catch let error as ModelFileError {
            throw Complaint(
                "\(model) is neither a packed model nor one that can be packed. \(error.description) \(packedModels())")
        }
    }

    /// Whether there is anything at a path, and be it a link to nothing or behind a folder that may not be entered.
    private func isThere(_ path: String) -> Bool {
        var status = stat()
        return !path.isEmpty && (lstat(path, &status) == 0 || errno == EACCES)
    }

    func unknown(_ model: String) -> Complaint {
        Complaint(
            "there is no model \(model): neither \(path(of: model)) nor the path \(model) exists. \(packedModels())")
    }

    private func packedModels() -> String {
        if access(directory, F_OK) == 0, access(directory, R_OK | X_OK) != 0 {
            return "What is packed in \(directory) cannot be listed: \(Complaint.reason())."
        }
        let lists = library.folders.compactMap { folder -> String? in
            let entries = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            let models = entries.filter { isStore(folder + "/" + $0) }.sorted()
            return models.isEmpty ? nil : "Packed in \(folder): \(models.joined(separator: ", "))."
        }
        return lists.isEmpty
            ? "No model is packed in \(directory) yet; `offstage pack` makes one." : lists.joined(separator: " ")
    }

    private func isStore(_ path: String) -> Bool {
        !path.isEmpty && FileManager.default.fileExists(atPath: path + "/data.mdb")
    }
}
