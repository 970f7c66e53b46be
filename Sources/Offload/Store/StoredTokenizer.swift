import FoundationEssentials
import ModelFiles

/// A tokenizer as a store keeps it: its long columns as plain bytes, which are read in no time, the rest as JSON.
enum StoredTokenizer {
    private enum Name {
        static let description = "description"
        static let pieces = "pieces"
        static let scores = "scores"
        static let kinds = "kinds"
        static let merges = "merges"
    }

    static func put(_ tokenizer: TokenizerDescription, _ transaction: borrowing Transaction) throws {
        var short = tokenizer
        (short.pieces, short.scores, short.kinds) = ([], [], [])
        short.merging?.merges = []
        try put(Array(JSONEncoder().encode(short)), Name.description, transaction)
        var pieces: [UInt8] = []
        for piece in tokenizer.pieces {
            pieces.append(littleEndian: UInt32(piece.utf8.count))
            pieces += piece.utf8
        }
        try put(pieces, Name.pieces, transaction)
        var scores: [UInt8] = []
        for score in tokenizer.scores { scores.append(littleEndian: score.bitPattern) }
        try put(scores, Name.scores, transaction)
        try put(tokenizer.kinds.map(\.rawValue), Name.kinds, transaction)
        guard let merging = tokenizer.merging else { return }
        var merges: [UInt8] = []
        for piece in merging.merges { merges.append(littleEndian: UInt32(bitPattern: piece)) }
        try put(merges, Name.merges, transaction)
    }

    /// - Parameter vocabularySize: tokens that the weights know.
    /// - Throws: ``StoreError`` `.corrupt` for one that contradicts itself or the weights.
    static func get(_ records: borrowing RecordFinder, vocabularySize: Int, path: String) throws -> TokenizerDescription
    {
        var tokenizer = try decoded(get(Name.description, records, path), path)
        tokenizer.pieces = try pieces(get(Name.pieces, records, path), path)
        tokenizer.scores = numbers(try get(Name.scores, records, path)).map(Float.init(bitPattern:))
        if tokenizer.merging != nil {
            tokenizer.merging?.merges = numbers(try get(Name.merges, records, path)).map(Int32.init(bitPattern:))
        }
        tokenizer.kinds = try get(Name.kinds, records, path).map { kind in
            guard let kind = TokenizerDescription.PieceKind(rawValue: kind) else {
                throw StoreError.corrupt(path, "its tokenizer has a piece of the unknown kind \(kind)")
            }
            return kind
        }
        if let problem = tokenizer.problem(vocabularySize: vocabularySize) {
            throw StoreError.corrupt(path, "its tokenizer has \(problem)")
        }
        return tokenizer
    }

    private static func numbers(_ column: [UInt8]) -> [UInt32] {
        column.withUnsafeBytes { bytes in
            (0..<bytes.count / 4).map { index in
                UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self))
            }
        }
    }

    private static func put(_ text: [UInt8], _ name: String, _ transaction: borrowing Transaction) throws {
        try TextRecord.put(text, key: name, in: .tokenizer, transaction)
    }

    private static func get(_ name: String, _ records: borrowing RecordFinder, _ path: String) throws -> [UInt8] {
        guard let text = try records.text(name, in: .tokenizer) else {
            throw StoreError.corrupt(path, "its tokenizer has no \(name)")
        }
        return text
    }

    private static func decoded(_ json: [UInt8], _ path: String) throws -> TokenizerDescription {
        do {
            return try JSONDecoder().decode(TokenizerDescription.self, from: Data(json))
        } catch {
            throw StoreError.corrupt(path, "its tokenizer cannot be read: \(error)")
        }
    }

    private static func pieces(_ bytes: [UInt8], _ path: String) throws -> [String] {
        var pieces: [String] = []
        var rest = bytes[...]
        while rest.count >= 4 {
            let count = rest.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
            rest = rest.dropFirst(4)
            guard count <= rest.count else { break }
            guard let piece = String(validating: rest.prefix(count), as: UTF8.self) else {
                throw StoreError.corrupt(path, "piece \(pieces.count) of its tokenizer is not UTF-8")
            }
            pieces.append(piece)
            rest = rest.dropFirst(count)
        }
        guard rest.isEmpty else { throw StoreError.corrupt(path, "its tokenizer ends within a piece") }
        return pieces
    }
}

extension TokenizerDescription {
    fileprivate func problem(vocabularySize: Int) -> String? {
        let ids = [unknownID].compactMap(\.self) + beginning + endIDs
        return switch true {
        case scores.count != (merging == nil ? pieces.count : 0) || kinds.count != pieces.count:
            "\(pieces.count) pieces, \(scores.count) scores and \(kinds.count) kinds"
        case pieces.count > vocabularySize: "\(pieces.count) pieces, where the model knows \(vocabularySize) tokens"
        case (merging == nil) != (kind == .sentencePieceBPE): "merges where there are none, or none"
        case !ids.allSatisfy(pieces.indices.contains): "special ids \(ids), where there are \(pieces.count) pieces"
        default: nil
        }
    }
}
