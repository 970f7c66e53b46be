import FoundationEssentials

/// A folder in the cache of a hub: `models--<owner>--<name>/snapshots/<commit>`, whose files are links to
/// `models--<owner>--<name>/blobs`.
package enum HubSnapshot {
    /// What a model in a folder is called: the folder's name, or in a hub's cache that of the repository, since there the
    /// folder is named by 40 digits.
    package static func name(ofFolder path: String) -> String {
        let folder = URL(filePath: path).standardizedFileURL
        let snapshots = folder.deletingLastPathComponent()
        let repository = snapshots.deletingLastPathComponent().lastPathComponent.split(separator: "--")
        let isSnapshot = snapshots.lastPathComponent == "snapshots" && repository.first == "models"
        guard isSnapshot, repository.count > 1, let name = repository.last else { return folder.lastPathComponent }
        return String(name)
    }

    /// The snapshots in the folder of a repository, the one that its `main` branch means first; none elsewhere.
    static func all(in folder: ModelFolder) -> [String] {
        guard folder.has("snapshots"), folder.path.contains("models--") || folder.has("refs") else { return [] }
        let snapshots = folder.path(of: "snapshots")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: snapshots)) ?? []
        let main = try? String(contentsOfFile: folder.path(of: "refs/main"), encoding: .utf8)
        return names.sorted { ($1 == main ? 1 : 0, $0) < ($0 == main ? 1 : 0, $1) }.map { snapshots + "/" + $0 }
    }
}
