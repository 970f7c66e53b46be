import FoundationEssentials
import Mixture
import ModelFiles
import Tensors

extension StoreManifest {
    /// Tiles are never cut to more.
    private static let greatestTile = 1 << 40

    static func read(from records: borrowing RecordFinder, _ folder: StoreFolder) throws -> StoreManifest {
        guard let text = try records.text(RecordFinder.manifest, in: .manifest) else {
            throw StoreError.withoutManifest(folder)
        }
        do {
            let version = try JSONDecoder().decode(Version.self, from: Data(text)).formatVersion
            guard version <= currentVersion else {
                throw StoreError(
                    .newer, folder.path, "it has version \(version), and this program reads up to \(currentVersion)",
                    wayOut: "use a newer program, or " + StoreError.packAgain)
            }
            return try JSONDecoder().decode(StoreManifest.self, from: Data(text))
        } catch let error as DecodingError {
            throw StoreError.corrupt(folder.path, "its manifest cannot be read: \(error)")
        }
    }

    private struct Version: Decodable {
        var formatVersion: Int
    }

    /// Checks that the numbers are possible, fit together, and ask for no more bytes than the file has, so that
    /// whatever is computed from them later fits, too.
    ///
    /// - Throws: ``StoreError`` `.corrupt`.
    func check(fileLength: Int, _ folder: StoreFolder) throws {
        do {
            _ = try architecture.validated(path: folder.path)
        } catch let error as ModelFileError {
            throw StoreError.corrupt(folder.path, "its manifest is impossible: \(error.problem)")
        }
        guard experts.count == architecture.layerCount, (1...Self.greatestTile).contains(tileBytes) else {
            throw StoreError.corrupt(
                folder.path,
                "its manifest names experts for \(experts.count) of \(architecture.layerCount) layers, in tiles of \(tileBytes) bytes"
            )
        }
        if let shape = experts.first(where: { !fits($0) }) {
            throw StoreError.corrupt(folder.path, "its manifest names experts that do not fit the model: \(shape)")
        }
        let needed = try denseBytes(folder).adding(expertBytes)
        guard let needed, needed <= fileLength else {
            throw StoreError.corrupt(
                folder.path, "its manifest names more weights than the \(fileLength) bytes of data.mdb can hold")
        }
    }

    private func fits(_ shape: ExpertShape) -> Bool {
        shape.hiddenSize == architecture.hiddenSize && shape.intermediateSize == architecture.intermediateSize
    }

    /// Bytes of all experts' weights, or nil where they do not divide into blocks or are too many to be counted.
    private var expertBytes: Int? {
        let (hidden, intermediate) = (architecture.hiddenSize, architecture.intermediateSize)
        let layers = experts.map { shape in
            shape.gateFormat.packedBytes(rows: intermediate, columns: hidden)
                .adding(shape.upFormat.packedBytes(rows: intermediate, columns: hidden))
                .adding(shape.downFormat.packedBytes(rows: hidden, columns: intermediate))
        }
        let bytes = layers.reduce(0 as Int?) { $0.adding($1) }
        guard let (product, overflow) = bytes?.multipliedReportingOverflow(by: architecture.expertCount) else {
            return nil
        }
        return overflow ? nil : product
    }

    /// The same of the weights outside the experts.
    private func denseBytes(_ folder: StoreFolder) throws -> Int? {
        try TensorRole.dense(of: architecture).reduce(0 as Int?) { sum, role in
            let shape = role.shape(in: architecture)
            guard let format = dense[role.name], !role.isAlwaysFloat || format == .f32,
                shape.rows <= UInt32.max, shape.columns <= UInt32.max
            else {
                throw StoreError.corrupt(folder.path, "its manifest has no possible format for \(role.name)")
            }
            let bytes =
                shape.rows == 1
                ? format.bytesPerRow(columns: shape.columns)
                : format.packedBytes(rows: shape.rows, columns: shape.columns)
            return sum.adding(bytes)
        }
    }
}

extension Int? {
    /// The sum of two sizes, or nil where one is unknown or the sum does not fit.
    fileprivate func adding(_ other: Int?) -> Int? {
        guard let self, let other else { return nil }
        let (sum, overflow) = self.addingReportingOverflow(other)
        return overflow ? nil : sum
    }
}
