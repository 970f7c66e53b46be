import Foundation
import ModelFiles

/// Finds or makes the vocabulary and the token files of a corpus.
struct CorpusBuilder {
    let sources: [any TextSource]
    let description: TokenizerDescription
    private let folder: String
    private let marksDocuments: Bool
    private let progress: (CorpusProgress) -> Void
    private let isCancelled: () -> Bool

    /// Bytes after which somebody is told.
    private static let reportStep = 1 << 18

    init(
        _ material: Corpus.Material, _ choice: TokenizerChoice, documentEnd: DocumentEnd, validationShare: Double,
        folder: String, progress: @escaping (CorpusProgress) -> Void, isCancelled: @escaping () -> Bool
    ) throws {
        switch material {
        case .files(let paths):
            let files = try DomainFiles.find(paths, takesAnyBytes: choice.takesAnyBytes)
            sources = try files.map {
                try FileSource($0, documentEnd: documentEnd, validationShare: validationShare)
            }
            // Each line of JSON is a document, whatever else ends one.
            marksDocuments = documentEnd != .none || files.contains { $0.paths.contains(where: JSONLines.areIn) }
        case .toy(let toy):
            sources = toy.domains.map { ToySource(toy, domain: $0, validationShare: validationShare) }
            marksDocuments = true
        }
        self.folder = folder
        self.progress = progress
        self.isCancelled = isCancelled
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw ModelFileError(
                path: folder, problem: "cannot be made a folder: \(error.localizedDescription)",
                remedy: "Choose another folder for what is kept")
        }
        let vocabulary = VocabularyBuilder(
            sources: sources, folder: folder, progress: progress, isCancelled: isCancelled)
        var description = try vocabulary.description(for: choice)
        if marksDocuments {
            guard description.beginningID != nil, !description.endIDs.isEmpty else {
                throw ModelFileError(
                    path: "\(choice.argument ?? "the vocabulary")",
                    problem: "has no pieces for the beginning and the end of a document",
                    remedy: "Choose another vocabulary, or give one long text")
            }
        }
        description.addsBeginning = marksDocuments
        self.description = description
    }

    /// The tokens of a domain, from the folder if they are there.
    func tokenFile(for source: any TextSource) throws -> TokenFile {
        let header = TokenFileHeader(
            sourceDigest: source.digest, vocabularyDigest: description.digest, vocabularySize: description.pieces.count)
        var key = SourceDigest()
        key.combine(Int(truncatingIfNeeded: header.sourceDigest))
        key.combine(Int(truncatingIfNeeded: header.vocabularyDigest))
        let path = "\(folder)/\(source.name)-\(key.hexadecimal).tokens"
        if let file = try TokenFile(path: path, matching: header) { return file }
        try write(source, to: path, header: header)
        guard let file = try TokenFile(path: path, matching: header) else {
            throw ModelFileError(
                path: path, problem: "is not as it was just written", remedy: "Check the disk")
        }
        return file
    }

    private func write(_ source: any TextSource, to path: String, header: TokenFileHeader) throws {
        var encoder = try BulkEncoder(description)
        var writer = try TokenFileWriter(path: path, header: header)
        var (done, reported) = (0, 0)
        var tokens: [Int32] = []
        for part in Corpus.Part.allCases {
            try source.forEachPiece(of: part) { piece in
                tokens.removeAll(keepingCapacity: true)
                if piece.beginsDocument, let mark = description.beginningID { tokens.append(Int32(mark)) }
                try encoder.encode(piece.bytes, into: &tokens)
                if piece.endsDocument, let mark = description.endIDs.first { tokens.append(Int32(mark)) }
                try writer.append(tokens, to: part)
                if let nats = piece.nats { writer.add(nats: nats, to: part) }
                done += piece.bytes.count
                guard done - reported >= Self.reportStep else { return }
                if isCancelled() { throw CancellationError() }
                report(done, of: source)
                reported = done
            }
        }
        try writer.finish()
    }

    private func report(_ done: Int, of source: any TextSource) {
        let share = min(1, Double(done) / Double(max(source.size, 1)))
        progress(CorpusProgress(stage: .tokens, domain: source.name, share: share))
    }
}
