import Foundation
import Training

/// The texts that a model is profiled on, each with the kind of text it is.
struct ProfileTexts {
    struct Text {
        let name: String
        let domain: String
        let bytes: [UInt8]
    }

    private(set) var texts: [Text] = []

    /// Reads files, folders (in which each file and each sub-folder is a domain) and lines of JSON, which may name theirs.
    init(_ paths: [String]) throws {
        for domain in try DomainFiles.find(paths, takesAnyBytes: false) {
            for path in domain.paths {
                let bytes = try TextInput.read(path)
                guard JSONLines.areIn(path) else {
                    texts.append(Text(name: path, domain: domain.name, bytes: bytes))
                    continue
                }
                texts += try JSONLines.entries(of: bytes, path).map { number, entry in
                    let domain = entry.domain.flatMap { $0.isEmpty ? nil : $0 } ?? domain.name
                    return Text(name: "\(path), line \(number)", domain: domain, bytes: Array(entry.text.utf8))
                }
            }
        }
        texts.removeAll { $0.bytes.isEmpty }
        guard !texts.isEmpty else {
            throw Complaint("there is nothing to profile: \(paths.joined(separator: ", ")) holds no text")
        }
    }
}
