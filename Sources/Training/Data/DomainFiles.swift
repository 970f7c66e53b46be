import Foundation
import ModelFiles

/// The files that make one domain.
///
/// A file given by its path is a domain. Of a folder, each file is a domain and each sub-folder is one, with all that is
/// in it; hidden files, empty ones and (unless any bytes will do) those with a NUL byte near their start are left out.
package struct DomainFiles: Equatable {
    /// The file's name without its ending, or the folder's name.
    package var name: String
    package var paths: [String]

    package static func find(_ paths: [String], takesAnyBytes: Bool) throws -> [DomainFiles] {
        let domains = try paths.flatMap { try find($0, takesAnyBytes: takesAnyBytes) }
        var seen: [String: DomainFiles] = [:]
        for domain in domains {
            guard let other = seen.updateValue(domain, forKey: domain.name) else { continue }
            throw ModelFileError(
                path: domain.paths[0], problem: "makes a domain named \(domain.name), as \(other.paths[0]) does",
                remedy: "Rename one of them")
        }
        return domains
    }

    private static func find(_ path: String, takesAnyBytes: Bool) throws -> [DomainFiles] {
        guard let folder = Folder(path) else { return [DomainFiles(name: domainName(path), paths: [path])] }
        let domains = try entries(of: path).compactMap { entry -> DomainFiles? in
            let inside = path + "/" + entry
            let paths = try texts(at: inside, within: [folder], takesAnyBytes: takesAnyBytes)
            let name = Folder(inside) == nil ? domainName(entry) : entry
            return paths.isEmpty ? nil : DomainFiles(name: name, paths: paths)
        }
        guard !domains.isEmpty else {
            throw ModelFileError(
                path: path, problem: "has no text files in it", remedy: "Give a text file, or a folder with some")
        }
        return domains
    }

    /// The text files at a path and below it, in the order of their names.
    ///
    /// Links are followed, but not back to a folder that they lie in: its texts are there already.
    private static func texts(at path: String, within above: [Folder], takesAnyBytes: Bool) throws -> [String] {
        if let folder = Folder(path) {
            if above.contains(folder) { return [] }
            return try entries(of: path).flatMap {
                try texts(at: path + "/" + $0, within: above + [folder], takesAnyBytes: takesAnyBytes)
            }
        }
        var found = stat()
        if stat(path, &found) == 0, found.st_mode & S_IFMT != S_IFREG { return [] }
        let file = try InputFile(path: path)
        let start = try file.bytes(at: 0, count: min(file.size, 4096))
        return start.isEmpty || !takesAnyBytes && start.contains(0) ? [] : [path]
    }

    /// A folder by what it is, whatever path leads there.
    private struct Folder: Equatable {
        private let device: dev_t
        private let number: ino_t

        /// Nil where there is none. Links are followed.
        init?(_ path: String) {
            var found = stat()
            guard stat(path, &found) == 0, found.st_mode & S_IFMT == S_IFDIR else { return nil }
            (device, number) = (found.st_dev, found.st_ino)
        }
    }

    private static func entries(of folder: String) throws -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: folder).filter { !$0.hasPrefix(".") }.sorted()
        } catch {
            throw ModelFileError(
                path: folder, problem: "cannot be listed: \(error.localizedDescription)",
                remedy: "Check its permissions")
        }
    }

    private static func domainName(_ path: String) -> String {
        URL(filePath: path).deletingPathExtension().lastPathComponent
    }
}
