import Foundation

/// What a model is called when nobody names it.
enum ModelName {
    /// The name of a GGUF file without its ending, or of a folder, in small letters.
    static func suggested(for path: String) -> String {
        let name = URL(fileURLWithPath: path).standardizedFileURL.lastPathComponent.lowercased()
        return name.hasSuffix(".gguf") ? String(name.dropLast(5)) : name
    }

    /// Whether a name can stand for a folder under `--experts-dir`.
    static func isPlain(_ name: String) -> Bool {
        !name.isEmpty && !name.contains("/") && !name.hasPrefix(".")
    }
}

extension String {
    /// The text as one word of a command line.
    var shellWord: String {
        let isPlain = utf8.allSatisfy { byte in
            UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
                || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || "_-./+=:@%,".utf8.contains(byte)
        }
        return isPlain && !isEmpty ? self : "'" + replacing("'", with: #"'\''"#) + "'"
    }
}
