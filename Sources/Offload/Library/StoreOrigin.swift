import FoundationEssentials

/// What a store was packed from: kept beside its data as `source.json`, so that a model is found again by its file.
package struct StoreOrigin: Codable, Equatable, Sendable {
    /// The file or folder, as an absolute path.
    package var path: String
    /// The state it was in (``SourceMark``).
    package var mark: String
    /// Whether the weights were kept as they are.
    package var isExact: Bool
    /// Whether the store was made because somebody ran the file: then it is packed anew when the file has changed. One that a
    /// person packed stays as it is.
    package var isAutomatic: Bool

    package init(path: String, mark: String, isExact: Bool, isAutomatic: Bool) {
        self.path = path
        self.mark = mark
        self.isExact = isExact
        self.isAutomatic = isAutomatic
    }

    /// - Returns: nil when nothing is said, or nothing that can be read: nobody depends on it.
    static func read(from folder: StoreFolder) -> StoreOrigin? {
        guard let bytes = try? folder.contents(of: folder.origin) else { return nil }
        return try? JSONDecoder().decode(Self.self, from: Data(bytes))
    }

    func write(to folder: StoreFolder) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try folder.write(Array(encoder.encode(self)), to: folder.origin)
    }
}
