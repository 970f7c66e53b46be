import Files
import Foundation
import ModelFiles

extension ToyCorpus {
    /// Writes a file for each domain, `stories.txt` and so on, with a blank line after every document.
    ///
    /// - Throws: `CancellationError`, or ``ModelFileError`` when the folder cannot be made or a file not be written.
    package func write(to folder: String, isCancelled: () -> Bool = { false }) throws {
        for domain in domains {
            let path = "\(folder)/\(domain.name).txt"
            var text: [UInt8] = []
            for document in documents(of: domain) {
                if isCancelled() { throw CancellationError() }
                text += document.text + "\n\n".utf8
            }
            do {
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
                try UnfinishedFile.write(text, to: path)
            } catch let error as SystemError {
                throw ModelFileError(path: path, problem: "cannot be written: \(error)")
            } catch {
                throw ModelFileError(path: path, problem: "cannot be written: \(error.localizedDescription)")
            }
        }
    }
}
