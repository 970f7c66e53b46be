/// Why a store cannot be used: what was found, and the way out.
package struct StoreError: Error, Equatable, CustomStringConvertible {
    package enum Reason: Sendable, Equatable {
        case missing, foreign, newer, incomplete, inUse, truncated, corrupt, different, exists, unreadable
        /// What was asked cannot be done with this source.
        case unsuitable
        case noSpace
    }

    package let reason: Reason
    /// The folder of the store.
    package let path: String
    package let found: String
    package let wayOut: String?

    init(_ reason: Reason, _ path: String, _ found: String, wayOut: String? = nil) {
        self.reason = reason
        self.path = path
        self.found = found
        self.wayOut = wayOut
    }

    package var description: String { "\(path): \(found)" + (wayOut.map { "; \($0)" } ?? "") }
}

extension StoreError {
    static let packAgain = "pack the model again with --force"
    static let makeRoom = "make room and run the same command again to go on"

    static func incomplete(_ path: String) -> StoreError {
        StoreError(
            .incomplete, path, "packing was interrupted, or is still going on",
            wayOut: "run the same pack command again to go on")
    }

    /// A packer that was stopped before its first commit leaves no manifest, but its marker.
    static func withoutManifest(_ folder: StoreFolder) -> StoreError {
        guard !folder.isUnsynced else { return incomplete(folder.path) }
        return StoreError(
            .foreign, folder.path, "holds no manifest, so it is no store of Offstage",
            wayOut: "choose another name, or remove it yourself")
    }

    static func withoutChecksum(_ path: String) -> StoreError {
        StoreError(
            .incomplete, path, "tree.crc is missing",
            wayOut: "copy the whole folder, or run the same pack command again")
    }

    /// What was looked at is no longer what the folder holds.
    static func replaced(_ path: String) -> StoreError {
        StoreError(.inUse, path, "was replaced while it was opened", wayOut: "try again")
    }

    static func corrupt(_ path: String, _ found: String) -> StoreError {
        StoreError(.corrupt, path, found, wayOut: packAgain)
    }
}
