import Foundation
import ModelFiles
import Profiling

/// What a model is called when nobody names it.
enum ModelName {
    /// The name of a file without its ending, or of a folder, in small letters; of a training run's checkpoint, that
    /// of the run's folder; of a folder in a hub's cache, that of the repository.
    static func suggested(for path: String) -> String {
        let url = URL(fileURLWithPath: path).standardizedFileURL
        let isStep = Checkpoint.step(ofFileNamed: url.lastPathComponent) != nil
        let file = isStep ? url.deletingLastPathComponent() : url
        let name = HubSnapshot.name(ofFolder: file.path).lowercased()
        for ending in [".gguf", ".safetensors"] where name.hasSuffix(ending) {
            // Of a file in parts the name that all of them share.
            return String(name.dropLast(ending.count)).replacing(/-\d{5}-of-\d{5}$/, with: "")
        }
        return name
    }

    /// The same, or another name where that one cannot stand for a folder.
    static func plain(for path: String) -> String {
        let name = suggested(for: path)
        return isPlain(name) ? name : "model"
    }

    /// Whether a name can stand for a folder under `--experts-dir`.
    static func isPlain(_ name: String) -> Bool {
        !name.isEmpty && !name.contains("/") && !name.hasPrefix(".") && !name.hasPrefix("-")
    }
}

extension String {
    /// A path as one word of a command line, which is not taken for a flag.
    var shellPath: String { (hasPrefix("-") ? "./" + self : self).shellWord }

    /// The text as one word of a command line, printable whatever is in it.
    var shellWord: String {
        guard printable == self else { return "$'" + unicodeScalars.map(\.shellEscaped).joined() + "'" }
        let isPlain = utf8.allSatisfy { byte in
            UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
                || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || "_-./+=:@%,".utf8.contains(byte)
        }
        return isPlain && !isEmpty ? self : "'" + replacing("'", with: #"'\''"#) + "'"
    }
}

extension Unicode.Scalar {
    /// The character between `$'` and `'`.
    fileprivate var shellEscaped: String {
        let text = String(self)
        if text == "'" || text == "\\" { return "\\" + text }
        return text.printable == text ? text : text.utf8.map { String(format: #"\x%02x"#, $0) }.joined()
    }
}
