import ModelFiles
import Testing

struct SentencePieceModelTests {
    private let description = vocabulary(
        ["\u{2581}", "a", "b", "\u{2581}a", "ab", "<t>"], kinds: ["<t>": .userDefined, "ab": .unused], bytes: true,
        spacePrefix: true)

    private func finding(_ bytes: [UInt8]) -> String? {
        do {
            _ = try SentencePieceModel(bytes: bytes)
            return nil
        } catch {
            return error.finding
        }
    }

    @Test func `a file says what its writer put in`() throws {
        #expect(try SentencePieceModel(bytes: modelFile(description)).description == description)
        var other = vocabulary(["a"], removesExtraSpaces: true)
        #expect(try SentencePieceModel(bytes: modelFile(other)).description == other)
        other.unknownSurface = "?"
        #expect(
            try SentencePieceModel(bytes: modelFile(other, trainer: { $0.data(44, "?".utf8) })).description == other)
    }

    @Test func `the marks of a text are found by name`() throws {
        let file = modelFile(description, trainer: { $0.data(46, "</s>".utf8) })
        #expect(try SentencePieceModel(bytes: file).description.beginningID == 2)
        let without = try SentencePieceModel(bytes: modelFile(description, trainer: { $0.data(46, "a".utf8) }))
            .description
        #expect(without.beginningID == nil && !without.addsBeginning)
    }

    @Test func `settings that are left out have the defaults of the schema`() throws {
        var file = modelFile(description)
        file.removeLast(ModelFileWriter.normalizerLength)
        let read = try SentencePieceModel(bytes: file).description
        #expect(read.addsSpacePrefix && read.removesExtraSpaces)
    }

    @Test func `what cannot be done exactly is refused by name`() throws {
        #expect(finding(modelFile(description, type: 1))?.contains("unigram") == true)
        #expect(finding(modelFile(description, type: 3))?.contains("word") == true)
        let charsmap = modelFile(description, normalizer: { $0.data(2, [1, 2, 3]) })
        #expect(finding(charsmap)?.contains("precompiled_charsmap") == true)
        let unescaped = modelFile(description, normalizer: { $0.number(5, 0) })
        #expect(finding(unescaped)?.contains("escape_whitespaces") == true)
        let suffix = modelFile(description, trainer: { $0.number(24, 1) })
        #expect(finding(suffix)?.contains("treat_whitespace_as_suffix") == true)
        let bytesWithoutFallback = modelFile(description, trainer: { $0.number(35, 0) })
        #expect(finding(bytesWithoutFallback) == "256 byte pieces, and byte fallback is off")
        #expect(finding(modelFile(vocabulary(["a", "a"]))) == "pieces 3 and 4 are both \"a\"")
        #expect(finding(modelFile(vocabulary([""])))?.contains("piece 3 has 0 bytes") == true)
        #expect(finding([]) == "no pieces")
    }

    @Test func `a file that is not there is an error that names it`() {
        #expect {
            try SentencePieceModel(path: "/nowhere/tokenizer.model")
        } throws: { "\($0)".contains("/nowhere/tokenizer.model") }
    }

    @Test func `lengths beyond the file and endless numbers are refused`() {
        #expect(
            finding([0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01])?.contains("are left") == true)
        #expect(finding(Array(repeating: 0xFF, count: 20))?.contains("more than 10 bytes") == true)
        #expect(finding([0x0A])?.contains("ends inside a number") == true)
        #expect(finding([0x0B])?.contains("wire type 3") == true)
        #expect(finding([0x00, 0x00])?.contains("field number 0") == true)
        #expect(finding([0x0A, 0x03, 0x0A, 0x01, 0xFF])?.contains("not UTF-8") == true)
    }

    @Test func `twenty thousand broken files are read or refused, and what was read encodes anything`() throws {
        let small = vocabulary(
            ["\u{2581}", "a", "b", "ab", "bab", "<t>"], kinds: ["<t>": .userDefined, "ab": .unused], spacePrefix: true)
        let file = modelFile(small)
        var generator = SeededGenerator(state: 7)
        var readable = 0
        for _ in 0..<20_000 {
            guard let model = try? SentencePieceModel(bytes: mutated(file, using: &generator)),
                let tokenizer = try? SentencePieceTokenizer(model.description)
            else { continue }
            readable += 1
            let text = generator.bytes(24) + Array("ab bab<t>ab".utf8)
            let ids = tokenizer.encode(text, parsingSpecial: true)
            #expect(ids.allSatisfy(model.description.pieces.indices.contains))
            _ = tokenizer.decode(ids)
        }
        #expect(readable > 1_000)
    }

    private func mutated(_ file: [UInt8], using generator: inout SeededGenerator) -> [UInt8] {
        var bytes = file
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            let place = Int.random(in: 0..<bytes.count, using: &generator)
            switch Int.random(in: 0..<5, using: &generator) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
            case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            case 2: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: place)
            case 3 where bytes.count > 1: bytes.remove(at: place)
            default: bytes.removeLast(min(Int.random(in: 0..<3, using: &generator) * place / 4, bytes.count - 1))
            }
        }
        return bytes
    }
}

extension ModelFileWriter {
    /// Bytes of the settings that `modelFile` writes last.
    fileprivate static var normalizerLength: Int {
        var settings = ModelFileWriter()
        settings.message(3) { settings in
            settings.data(1, "identity".utf8)
            settings.number(3, 0)
            settings.number(4, 0)
        }
        return settings.bytes.count
    }
}
