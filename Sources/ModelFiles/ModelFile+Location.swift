import FoundationEssentials
import Glibc

extension ModelFile {
    /// Where the model is that is meant by a path: the first of the parts that a GGUF file was cut into, the one GGUF file in a
    /// folder without other weights, in a hub's cache the snapshot of the main branch; else the path itself.
    ///
    /// - Throws: ``ModelFileError`` when nothing is there, or a folder may not be read.
    package static func location(of path: String) throws -> String {
        var status = stat()
        guard stat(path, &status) == 0 else { throw ModelFileError.cannotOpen(path, errno) }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            return GGUFFile.partPaths(of: path)?.first(where: isThere) ?? path
        }
        let folder = try ModelFolder(path: path)
        let snapshot = HubSnapshot.all(in: folder).first
        return try model(in: snapshot.map(ModelFolder.init(path:)) ?? folder)
    }

    private static func model(in folder: ModelFolder) throws -> String {
        let hasOthers = folder.latestCheckpoint != nil || folder.names.contains { $0.hasSuffix(".safetensors") }
        return !hasOthers && folder.ggufModels.count == 1 ? folder.path(of: folder.ggufModels[0]) : folder.path
    }

    private static func isThere(_ path: String) -> Bool { access(path, F_OK) == 0 }
}

extension ModelFolder {
    /// The GGUF files of a folder, of those in parts the first.
    var ggufModels: [String] {
        names.filter { name in
            guard name.hasSuffix(".gguf") else { return false }
            return GGUFFile.partPaths(of: name).map { $0[0] == name } ?? true
        }
    }
}

extension GGUFFile {
    /// The paths of all parts of a file of which one is called `…-00002-of-00003.gguf`; nil for another name.
    static func partPaths(of path: String) -> [String]? {
        guard let match = path.firstMatch(of: /^(.*-)(\d{5})-of-(\d{5})\.gguf$/.dotMatchesNewlines()),
            let count = Int(match.3), count > 0
        else { return nil }
        return (1...count).map { number in
            let digits = "\(number)"
            return match.1 + String(repeating: "0", count: max(0, 5 - digits.count)) + digits + "-of-\(match.3).gguf"
        }
    }
}
