import Foundation
import Inference
import ModelFiles
import Offload
import Tensors

/// Packing as the person at the terminal sees it.
struct Packing {
    let source: String
    let target: String
    var threads: Int?

    init(of source: String, into target: String, threads: Int? = nil) {
        (self.source, self.target, self.threads) = (source, target, threads)
    }

    /// Packs, and says that it is done.
    ///
    /// - Returns: the bytes of the store's records, and how long it took.
    /// - Throws: what the packer throws; ``Interrupted`` after Ctrl-C.
    @discardableResult
    func run(
        _ model: any ModelSource, _ options: PackOptions, force: Bool, origin: StoreOrigin, remark: Message = ""
    ) throws -> (bytes: Int, seconds: Double) {
        let start = ContinuousClock.now
        let progress = ProgressLine("Packing")
        var bytes = 0
        do {
            try Packer(model, options: options).pack(
                to: target, force: force, origin: origin, workers: Workers(count: threads ?? CPU.defaultThreads),
                progress: {
                    bytes = $0.bytesTotal
                    progress.show(done: $0.bytesDone, of: $0.bytesTotal)
                }, isCancelled: { Interruption.isRequested })
        } catch PackError.cancelled {
            progress.clear()
            Terminal.note("\(PackError.cancelled)")
            throw Interrupted()
        }
        progress.clear()
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        Terminal.note(
            "Packed \(source) into \(target): \(formatted(bytes: bytes)) in \(String(format: "%.1f", seconds)) s."
                + (remark.text.isEmpty ? "" : " " + remark))
        return (bytes, seconds)
    }

    /// How a source is remembered: links stay links, since in a hub's cache they have the names.
    static func absolute(_ path: String) -> String { URL(filePath: path).standardizedFileURL.path }
}
