import Glibc

/// Parts of paths, without a look at the disk but for links.
enum FilePath {
    /// The last part; nil where it names a folder.
    static func name(in path: String) -> String? {
        let name = path.split(separator: "/", omittingEmptySubsequences: false).last.map(String.init) ?? ""
        return ["", ".", ".."].contains(name) ? nil : name
    }

    /// What comes before the last part, with a slash at its end.
    static func folder(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[...$0]) } ?? "./"
    }

    /// Where links lead to, whether or not anything is there.
    static func followed(_ path: String) -> String {
        var path = path
        for _ in 0..<40 {
            guard let link = link(at: path) else { break }
            path = link.hasPrefix("/") ? link : folder(of: path) + link
        }
        return path
    }

    private static func link(at path: String) -> String? {
        let bytes = [UInt8](unsafeUninitializedCapacity: Int(PATH_MAX)) { buffer, count in
            count = buffer.withMemoryRebound(to: CChar.self) { max(0, readlink(path, $0.baseAddress!, $0.count)) }
        }
        return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }
}
