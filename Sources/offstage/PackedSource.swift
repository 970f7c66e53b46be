import Foundation
import Inference
import ModelFiles
import Offload
import Tensors

/// A file or folder that is run as if it were a store: packed into one the first time, and found again after that.
struct PackedSource {
    let library: StoreLibrary
    /// As it was named.
    let source: String

    /// The path of the store.
    ///
    /// - Throws: why it cannot be packed; ``Interrupted`` when Ctrl-C ended that, and the same command goes on with it.
    func storePath() throws -> String {
        let location = try ModelFile.location(of: source)
        let mark = try SourceMark(path: location)
        if let store = library.store(marked: mark) { return store.path }
        let model = try Interruption.endingAtOnce { try ModelFile.open(path: location) }
        var origin = StoreOrigin(path: Packing.absolute(source), mark: mark.digits, isExact: true, isAutomatic: true)
        if let store = try library.store(of: model) {
            // It has moved, or somebody packed it by hand: next time it is found at once.
            origin.isAutomatic = store.origin?.isAutomatic ?? false
            try? store.note(origin)
            return store.path
        }
        let store = try library.claim(ModelName.plain(for: location), for: origin)
        do {
            try pack(model, into: store, origin)
        } catch {
            store.abandon()
            throw error
        }
        return store.path
    }

    /// Where a store lies whose source is no longer there.
    var storePathWithoutSource: String? { library.store(from: Packing.absolute(source))?.path }

    private func pack(_ model: any ModelSource, into store: StoreEntry, _ origin: StoreOrigin) throws {
        Terminal.warn(model.leftOut)
        let packing = Packing(of: source, into: store.path)
        var (replaces, isWaiting) = (false, false)
        while true {
            do {
                try packing.run(model, PackOptions(), force: replaces, origin: origin)
                // What follows is to find as much memory free as if the store had been there before.
                ProcessMemory.giveBackHeap()
                ProcessMemory.forgetPeak()
                return
            } catch let error as StoreError where error.reason == .inUse {
                if !isWaiting { Terminal.note("Waiting for another program that packs \(source) into \(store.path).") }
                isWaiting = true
                usleep(100_000)
                if Interruption.isRequested { throw CancellationError() }
            } catch let error as StoreError
                where !replaces && [.exists, .different, .corrupt, .newer].contains(error.reason)
            {
                if try library.store(of: model) != nil { return }
                let reason = error.reason == .exists ? "it has changed" : error.found
                Terminal.note("\(source) is packed again into \(store.path): \(reason).")
                replaces = true
            }
        }
    }
}
