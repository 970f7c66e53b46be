import Foundation
import Glibc
import ModelFiles
import Testing
import Training

@Suite struct CorpusRefusalTests {
    @Test func `what is no text is refused by name, with the way out`() throws {
        let folder = try TextFolder()
        try folder.write("", as: "empty.txt")
        try folder.write("aaaaaaaaaaaaaaaaaaaaaa", as: "one.txt")
        try folder.write(Array("text".utf8) + [0] + Array("more".utf8), as: "nul.txt")  // NUL is text, too
        try folder.write(Array("tex\u{e9}t".utf8) + [0xFF], as: "latin.txt")
        #expect(folder.problem("missing.txt")?.contains("missing.txt: there is no such file or folder") == true)
        #expect(folder.problem("empty.txt")?.contains("empty.txt: is empty") == true)
        #expect(folder.problem("empty.txt", .bytes)?.contains("is empty") == true)
        #expect(folder.problem("one.txt")?.contains("one: has \"a\" and nothing else") == true)
        #expect(folder.problem("one.txt", .bytes)?.contains("has one token and nothing else") == true)
        #expect(folder.problem("nul.txt") == nil)
        #expect(folder.problem("nul.txt", .bytePairs(pieces: 300)) == nil)
        #expect(folder.problem("latin.txt")?.contains("byte 6 is 0xff") == true)
        #expect(folder.problem("latin.txt", .bytePairs(pieces: 300))?.contains("--tokenizer bytes") == true)
        #expect(folder.problem("latin.txt", .bytes) == nil)
        #expect(folder.problem("nul.txt", .bytes) == nil)
    }

    @Test func `a folder without texts, and two domains of one name, are refused`() throws {
        let folder = try TextFolder()
        #expect(folder.problem()?.contains("has no text files in it") == true)
        try folder.write([0, 1], as: "picture.png")
        #expect(folder.problem()?.contains("has no text files in it") == true)
        try folder.write("text", as: "a.txt")
        try folder.write("text", as: "a.md")
        #expect(folder.problem()?.contains("makes a domain named a, as") == true)
    }

    @Test func `a byte that is no text is found in the file, wherever it was cut`() throws {
        let folder = try TextFolder()
        var text = Array(String(repeating: "a few words\n\n", count: 100_000).utf8)
        text[1_250_000] = 0xFF  // after the first mebibyte, and after a tenth of the documents' blank lines
        try folder.write(text, as: "text.txt")
        #expect(folder.problem("text.txt")?.contains("byte 1250000 is 0xff") == true)
        #expect(folder.problem("text.txt", end: .blankLine)?.contains("byte 1250000 is 0xff") == true)
    }

    @Test func `flags without sense are refused`() throws {
        let folder = try TextFolder()
        try folder.write("some text", as: "a.txt")
        for share in [0, 1, -1, .nan] { #expect(throws: ModelFileError.self) { try folder.corpus(share: share) } }
        #expect(folder.problem(nil, .bytePairs(pieces: 200))?.contains("at least") == true)
        #expect(folder.problem(nil, .file(path: "/nowhere.model"))?.contains("/nowhere.model") == true)
        #expect(TokenizerChoice(argument: "bpe:x") == nil && TokenizerChoice(argument: "words") == nil)
        for argument in ["characters", "bytes", "bpe:1000", "a/tokenizer.model"] {
            #expect(TokenizerChoice(argument: argument)?.argument == argument)
        }
    }

    @Test func `a cache that cannot be made is an error that names it`() throws {
        let folder = try TextFolder()
        let path = try folder.write("some text", as: "a.txt")
        #expect { try Corpus(.files([path]), tokenizer: .characters, cacheFolder: path) } throws: {
            "\($0)".contains("a.txt: cannot be made a folder")
        }
    }

    @Test func `cancelling keeps nothing`() throws {
        let folder = try TextFolder()
        let path = try folder.write(String(repeating: "some text ", count: 200_000), as: "a.txt")
        var asked = 0
        #expect(throws: CancellationError.self) {
            try Corpus(
                .files([path]), tokenizer: .bytes, cacheFolder: folder.cache,
                isCancelled: {
                    asked += 1
                    return asked == 2
                })
        }
        #expect(try folder.cached.isEmpty)
    }
}
