import ModelFiles

/// Text files, some of them perhaps ``JSONLines``, one after the other. The first part of each trains and the rest validates.
struct FileSource: TextSource {
    let name: String
    let paths: [String]
    let documentEnd: DocumentEnd
    let validationShare: Double
    let digest: UInt64
    let size: Int

    /// Bytes that are read at once.
    private static let chunk = 1 << 20
    /// Documents up to this size are kept in one piece.
    private static let documentLimit = 1 << 24
    private static let newline = UInt8(ascii: "\n")

    /// - Throws: when a file cannot be read, or all of them are empty.
    init(_ files: DomainFiles, documentEnd: DocumentEnd, validationShare: Double) throws {
        name = files.name
        paths = files.paths
        self.documentEnd = documentEnd
        self.validationShare = validationShare
        var digest = SourceDigest()
        var size = 0
        for path in paths {
            let file = try InputFile(path: path)
            digest.combine(path.utf8)
            digest.combine(sizeAndTimeOf: file)
            if JSONLines.areIn(path) { digest.combine("lines".utf8) }
            size += file.size
        }
        digest.combine(documentEnd.rawValue.utf8)
        digest.combine(Int(bitPattern: UInt(validationShare.bitPattern)))
        guard size > 0 else { throw ModelFileError(path: paths[0], problem: "is empty", remedy: "Give a text") }
        self.digest = digest.value
        self.size = size
    }

    func forEachPiece(of part: Corpus.Part, _ body: (TextPiece) throws -> Void) throws {
        for path in paths {
            let file = try InputFile(path: path)
            let hasLines = JSONLines.areIn(path)
            let wanted = Int(Double(file.size) * (1 - validationShare))
            let split = try hasLines ? JSONLines.split(of: file, at: wanted) : splitOffset(of: file, wanted)
            let range = part == .training ? 0..<split : split..<file.size
            if hasLines {
                try JSONLines.forEachEntry(of: file, in: range) { try deliver(document: Array($0.text.utf8), to: body) }
                continue
            }
            switch documentEnd {
            case .none: try forEachChunk(of: file, in: range, body)
            case .blankLine: try forEachDocument(of: file, in: range, body)
            }
        }
    }

    /// Where the validation part starts: at its share of the bytes, but between documents or characters.
    private func splitOffset(of file: InputFile, _ wanted: Int) throws -> Int {
        if documentEnd == .blankLine {
            // The next end of a document, or else the last one before.
            if let end = try documentEnds(of: file, in: max(wanted - 1, 0)..<file.size).first { return end }
            if let end = try documentEnds(of: file, in: 0..<wanted).last { return end }
        }
        let next = try file.bytes(at: wanted, count: min(3, file.size - wanted))
        return wanted + next.prefix { 0x80...0xBF ~= $0 }.count
    }

    /// A document in pieces of a bounded size.
    private func deliver(document: [UInt8], to body: (TextPiece) throws -> Void) throws {
        guard !document.isEmpty else { return }
        var (rest, begins) = (document[...], true)
        while rest.count > Self.documentLimit {
            let piece = rest.prefix(Self.cut(in: Array(rest.prefix(Self.documentLimit))))
            try body(TextPiece(bytes: Array(piece), beginsDocument: begins))
            (rest, begins) = (rest.dropFirst(piece.count), false)
        }
        try body(TextPiece(bytes: Array(rest), beginsDocument: begins, endsDocument: true))
    }

    /// Where documents end, but for the end of the file: the first end and the last in a range.
    private func documentEnds(of file: InputFile, in range: Range<Int>) throws -> (first: Int?, last: Int?) {
        var ends: (first: Int?, last: Int?)
        var offset = range.lowerBound
        while offset < range.upperBound {
            let bytes = try file.bytes(at: offset, count: min(Self.chunk, range.upperBound - offset))
            var start = 0
            while let found = Self.blankLine(in: bytes, from: start), offset + found + 2 < file.size {
                ends.last = offset + found + 2
                ends.first = ends.first ?? ends.last
                start = found + 2
            }
            offset += max(bytes.count - 1, 1)  // a blank line may lie across
        }
        return ends
    }

    private func forEachChunk(
        of file: InputFile, in range: Range<Int>, _ body: (TextPiece) throws -> Void
    ) throws {
        var offset = range.lowerBound
        while offset < range.upperBound {
            var bytes = try file.bytes(at: offset, count: min(Self.chunk, range.upperBound - offset))
            if offset + bytes.count < range.upperBound { bytes.removeLast(bytes.count - Self.cut(in: bytes)) }
            try deliver(TextPiece(bytes: bytes), at: offset, of: file, to: body)
            offset += bytes.count
        }
    }

    private func forEachDocument(
        of file: InputFile, in range: Range<Int>, _ body: (TextPiece) throws -> Void
    ) throws {
        var rest: [UInt8] = []  // the bytes before `offset` that were not delivered
        var offset = range.lowerBound
        var isInside = false
        func deliver(_ bytes: [UInt8], isEnd: Bool, before end: Int) throws {
            let text = isInside ? bytes : Array(bytes.drop { $0 == Self.newline })
            let ends = isEnd && (isInside || !text.isEmpty)
            guard ends || !text.isEmpty else { return }
            let piece = TextPiece(bytes: text, beginsDocument: !isInside, endsDocument: ends)
            try self.deliver(piece, at: end - text.count, of: file, to: body)
            isInside = !isEnd
        }
        while offset < range.upperBound {
            var searched = max(rest.count - 1, 0)
            let bytes = try file.bytes(at: offset, count: min(Self.chunk, range.upperBound - offset))
            offset += bytes.count
            rest += bytes
            var start = 0
            while let found = Self.blankLine(in: rest, from: max(searched, start)) {
                try deliver(Array(rest[start..<found]), isEnd: true, before: offset - rest.count + found)
                start = found + 2
                searched = start
            }
            rest.removeFirst(start)
            if rest.count > Self.documentLimit {
                let cut = Self.cut(in: rest)
                try deliver(Array(rest[..<cut]), isEnd: false, before: offset - rest.count + cut)
                rest.removeFirst(cut)
            }
        }
        if rest.last == Self.newline { rest.removeLast() }
        try deliver(rest, isEnd: true, before: range.upperBound)
    }

    private func deliver(
        _ piece: TextPiece, at offset: Int, of file: InputFile, to body: (TextPiece) throws -> Void
    ) throws {
        do {
            try body(piece)
        } catch let malformed as MalformedText {
            let place = offset + malformed.offset
            let byte = String(piece.bytes[malformed.offset], radix: 16)
            throw file.error(
                "is not text in UTF-8: byte \(place) is 0x\(byte)",
                "Give a text, or use the vocabulary of bytes (--tokenizer bytes), which takes any file")
        }
    }

    private static func blankLine(in bytes: [UInt8], from start: Int) -> Int? {
        var index = start
        while index + 1 < bytes.count {
            if bytes[index + 1] != newline {
                index += 2
            } else if bytes[index] == newline {
                return index
            } else {
                index += 1
            }
        }
        return nil
    }

    /// Where a chunk may end: before its last space or line end, or else between characters.
    private static func cut(in bytes: [UInt8]) -> Int {
        if let blank = bytes.lastIndex(where: { $0 == newline || $0 == UInt8(ascii: " ") }), blank > 0 { return blank }
        let tail = bytes.suffix(4).reversed()
        guard let lead = tail.firstIndex(where: { !(0x80...0xBF ~= $0) }), lead.base - 1 > 0 else { return bytes.count }
        return lead.base - 1
    }
}
