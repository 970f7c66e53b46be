import Foundation

/// The small models that come with the tests.
enum GoldenFiles {
    static func path(_ name: String) -> String { folder + "/" + name }

    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Golden").path
}
