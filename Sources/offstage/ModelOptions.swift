import ArgumentParser
import Foundation
import ModelFiles

/// Which model, and where models live.
struct ModelOptions: ParsableArguments {
    @Argument(help: "A name under --experts-dir, or the path of a store.")
    var model: String

    @OptionGroup var home: HomeOptions

    func validate() throws {
        if model.isEmpty { throw ValidationError("MODEL is empty; name a packed model, or give the path of a store") }
    }

    /// The path of the store.
    ///
    /// - Throws: a message with the `pack` command to type when the path is a GGUF file, a Hugging Face folder or a checkpoint.
    func storePath() throws -> String { try home.storePath(of: model) }
}

struct HomeOptions: ParsableArguments {
    @Option(
        name: .customLong("experts-dir"),
        help: ArgumentHelp("Where packed models live, and recipes and training runs.", valueName: "folder"))
    var directory = "experts"

    func path(of name: String) -> String { directory.hasSuffix("/") ? directory + name : directory + "/" + name }

    /// How a command that is quoted says where models live.
    var flag: String { directory == "experts" ? "" : " --experts-dir \(directory.shellWord)" }

    /// The path of the store that a person means by a name, a path, or the path of the store's data; nil if there is none.
    func store(named model: String) -> String? {
        let data = "data.mdb"
        let folder = model == data ? "." : model.hasSuffix("/" + data) ? String(model.dropLast(data.count + 1)) : model
        return [folder, path(of: folder)].first(where: isStore)
    }

    /// The store that is meant, or else the file or folder of that path.
    func storeOrFile(named model: String) throws -> String {
        if let store = store(named: model) { return store }
        guard isThere(model) else { throw unknown(model) }
        return model
    }

    /// The path of a store.
    ///
    /// - Throws: a message with the `pack` command to type when there is something of that name that can be packed; else
    ///   what `pack` would say.
    func storePath(of model: String) throws -> String {
        if let path = store(named: model) { return path }
        guard isThere(model) else { throw unknown(model) }
        do {
            _ = try ModelFile.open(path: model)
        } catch let error as ModelFileError {
            throw Complaint(
                "\(model) is neither a packed model nor one that can be packed. \(error.description) \(packedModels())")
        }
        let suggested = ModelName.suggested(for: model)
        let name = ModelName.isPlain(suggested) ? suggested : "model"
        let pack = "offstage pack \(model.shellPath) --name \(name.shellWord)\(flag)"
        throw Complaint(
            "\(model) is not a packed model. Pack it once with\n    \(pack)\nand then say \(name.shellWord) instead.")
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
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        let models = entries.filter { isStore(path(of: $0)) }.sorted()
        return models.isEmpty
            ? "No model is packed in \(directory) yet; `offstage pack` makes one."
            : "Packed in \(directory): \(models.joined(separator: ", "))."
    }

    private func isStore(_ path: String) -> Bool {
        !path.isEmpty && FileManager.default.fileExists(atPath: path + "/data.mdb")
    }
}
