import FoundationEssentials

/// A piece of a file that was cut up for a hub that took no files beyond a size: `model.gguf.part1of2`,
/// `model.gguf-split-a`. Only all of them together are a file.
struct FilePart {
    /// The name of the part.
    let name: String
    private let path: String
    /// The path of the whole.
    private let whole: String
    /// How a shell names all parts in order.
    private let all: String

    /// Nil when the name is not that of a part.
    init?(path: String) {
        name = URL(filePath: path).lastPathComponent
        self.path = path
        if let match = path.firstMatch(of: /^(.+)([.-]part-?)(\d+)((?:-?of-?)(\d+))$/) {
            let whole = String(match.1)
            let count = Int(match.5) ?? 0
            let numbers = count > 3 ? ["{1..\(count)}"] : (1...max(count, 1)).map(String.init)
            all = numbers.map { Self.quoted(whole) + "\(match.2)\($0)\(match.4)" }.joined(separator: " ")
            self.whole = whole
        } else if let match = path.firstMatch(
            of: /^(.+\.(?:gguf|safetensors|bin))([.-](?:split|part)[.-]?)([a-z]{1,2}|\d+)$/)
        {
            whole = String(match.1)
            all = Self.quoted(whole) + match.2 + "*"
        } else {
            return nil
        }
    }

    var remedy: String { "Put the parts together first: cat \(all) > \(Self.quoted(whole))" }

    var error: ModelFileError {
        ModelFileError(path: path, problem: "is only a part of a file that was cut up", remedy: remedy)
    }

    /// A path as one word of a command line.
    private static func quoted(_ path: String) -> String {
        path.wholeMatch(of: /[A-Za-z0-9_.\/+=:@%,-]+/) != nil ? path : "'" + path.replacing("'", with: #"'\''"#) + "'"
    }
}
