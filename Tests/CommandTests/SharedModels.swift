import Foundation
import Testing

/// Models that are packed once for all tests and only read after that.
struct SharedModels {
    /// A store of one of the golden files.
    static func small() throws -> String { try models.get().small }
    /// A store of random weights: 32 experts of some 430 KiB, so that budgets make a difference.
    static func wide() throws -> String { try models.get().wide }

    private let small: String
    private let wide: String
    private let folder: TemporaryFolder

    private static let models = Result { try SharedModels() }

    private init() throws {
        folder = try TemporaryFolder()
        (small, wide) = (folder.file("small"), folder.file("wide"))
        let offstage = OffstageCommand(folder: folder)
        try Self.check(offstage("pack", GoldenFiles.path("small-q8_0.gguf"), "--out", small))
        try Self.check(
            offstage(
                "synth", "wide.gguf", "--hidden", "256", "--intermediate", "1024", "--heads", "4", "--vocab", "512",
                "--format", "q4_0"))
        try Self.check(offstage("pack", "wide.gguf", "--out", wide))
        // Statics live as long as the process, so nobody calls `deinit`.
        atexit { if let models = try? SharedModels.models.get() { models.folder.remove() } }
    }

    private static func check(_ outcome: Outcome) throws {
        guard outcome.code == 0 else { throw Unpacked(notes: outcome.notes) }
    }

    private struct Unpacked: Error { let notes: String }
}
