import Foundation
import ModelFiles
import Tensors
import Testing

/// Broken files are refused: they never crash, hang or make the reader allocate what they claim to need.
@Suite struct FuzzTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test(arguments: 0..<8)
    func `changed GGUF files open or are refused`(seed: Int) throws {
        let whole = TinyModel(format: .q4_0, experts: seed % 2 == 0 ? .stacked : .separate).gguf.encoded
        var mutator = Mutator(seed: seed)
        for _ in 0..<1500 {
            let path = try folder.write(mutator.mutated(whole, before: 8000), as: "fuzz.gguf")
            try expectModelOrError { try ModelFile.open(path: path) }
        }
    }

    @Test(
        arguments: [
            "config.json", "model.safetensors", "tokenizer.model", "generation_config.json", "tokenizer_config.json",
            "added_tokens.json",
        ], 0..<2)
    func `folders with a changed file open or are refused`(name: String, seed: Int) throws {
        try TinyModel().write(to: folder, layout: .transformers4)
        try folder.write(#"{"<pad>": 262, "a": 3, "<|x|>": 261}"#, as: "added_tokens.json")
        let whole = try [UInt8](Data(contentsOf: URL(filePath: folder.path + "/" + name)))
        var mutator = Mutator(seed: seed)
        for _ in 0..<1000 {
            try folder.write(mutator.mutated(whole, before: 8000), as: name)
            try expectModelOrError { try ModelFile.open(path: folder.path) }
        }
    }

    @Test(arguments: 0..<3) func `folders with a changed tokenizer.json open or are refused`(seed: Int) throws {
        try TinyModel().writeByteLevel(to: folder)
        let whole = Array(TinyModel.tokenizerJSON.utf8)
        var mutator = Mutator(seed: seed)
        for _ in 0..<700 {
            try folder.write(mutator.mutated(whole, before: seed == 0 ? 1500 : whole.count), as: "tokenizer.json")
            try expectModelOrError { try ModelFile.open(path: folder.path) }
        }
    }

    @Test(arguments: 0..<3) func `changed GGUF files with a vocabulary of bytes open or are refused`(seed: Int) throws {
        try TinyModel().writeByteLevel(to: folder)
        let path = folder.path + "/whole.gguf"
        try Exporter(ModelFile.open(path: folder.path)).write(.gguf, to: path)
        let whole = try [UInt8](Data(contentsOf: URL(filePath: path)))
        var mutator = Mutator(seed: seed)
        for _ in 0..<500 {
            let path = try folder.write(mutator.mutated(whole, before: 8000), as: "fuzz.gguf")
            try expectModelOrError { try ModelFile.open(path: path) }
        }
    }

    /// Files that other programs wrote, with all that these put into them.
    @Test(arguments: ["small-q8_0.gguf", "small-q8_0-old-layout.gguf", "wide-q4_0-mixed.gguf"])
    func `changed files of llama.cpp open or are refused`(name: String) throws {
        let whole = try [UInt8](Data(contentsOf: Self.golden(name)))
        var mutator = Mutator(seed: name.utf8.count)
        for _ in 0..<150 {
            let path = try folder.write(mutator.mutated(whole, before: 16_000), as: "fuzz.gguf")
            try expectModelOrError { try ModelFile.open(path: path) }
        }
    }

    @Test(arguments: [
        "config.json", "model.safetensors.index.json", "model-00002-of-00004.safetensors", "tokenizer.model",
    ])
    func `folders of transformers with a changed file open or are refused`(name: String) throws {
        for file in try FileManager.default.contentsOfDirectory(atPath: Self.golden("window").path) {
            try folder.write([UInt8](Data(contentsOf: Self.golden("window/" + file))), as: file)
        }
        let whole = try [UInt8](Data(contentsOf: Self.golden("window/" + name)))
        var mutator = Mutator(seed: name.utf8.count)
        for _ in 0..<150 {
            try folder.write(mutator.mutated(whole, before: 8000), as: name)
            try expectModelOrError { try ModelFile.open(path: folder.path) }
        }
    }

    @Test func `changed parts of a model in several files open or are refused`() throws {
        var parts = [TinyModel().gguf, TinyModel().gguf]
        parts[0].tensors.removeSubrange(5...)
        parts[1].tensors.removeSubrange(..<5)
        for index in parts.indices {
            parts[index].set("split.no", type: 2, bytes(UInt16(index)))
            parts[index].set("split.count", type: 2, bytes(2 as UInt16))
            parts[index].set("split.tensors.count", type: 5, bytes(Int32(TinyModel().gguf.tensors.count)))
            // Numbers first, where most of the damage is.
            parts[index].metadata.reverse()
        }
        var mutator = Mutator(seed: 5)
        for turn in 0..<1000 {
            for (index, part) in parts.enumerated() {
                let bytes = turn % 2 == index ? mutator.mutated(part.encoded, before: 160) : part.encoded
                try folder.write(bytes, as: "tiny-0000\(index + 1)-of-00002.gguf")
            }
            try expectModelOrError { try ModelFile.open(path: folder.path + "/tiny-00001-of-00002.gguf") }
        }
    }

    private static func golden(_ name: String) -> URL {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        return tests.appending(path: "Golden").appending(path: name)
    }

    private func expectModelOrError(_ open: () throws -> any ModelSource) throws {
        do {
            let model = try open()
            // What was accepted can also be read.
            _ = try model.contents(of: .outputNorm)
            _ = try model.contents(of: TensorRole(.expertDown, layer: 0, expert: model.architecture.expertCount - 1))
            let tokenizer = try model.tokenizer.tokenizer()
            let ids = tokenizer.encode("ab\0 ä東<|x|>".utf8, parsingSpecial: true)
            _ = tokenizer.decode(ids)
            #expect(ids.allSatisfy { (0..<model.architecture.vocabularySize).contains($0) })
            _ = try? ChatTemplate(model.tokenizer)
        } catch let error as ModelFileError {
            #expect(!error.description.isEmpty)
        } catch let error as TokenizerError {
            #expect(!error.description.isEmpty)
        }
        let growth = peakMemory - Self.memoryAtStart
        try #require(growth < 1 << 30, "\(growth) bytes more memory than at the start")
    }

    private static let memoryAtStart = peakMemory
}

/// The greatest resident size of this process so far, in bytes.
var peakMemory: Int {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss * 1024
}

/// Damages files in the ways that find mistakes: odd numbers, flipped bits, pieces missing, doubled or elsewhere.
struct Mutator {
    private var random: SeededRandom

    init(seed: Int) { random = SeededRandom(seed: UInt64(seed)) }

    /// A damaged copy; most of the damage is before byte `headerEnd`.
    mutating func mutated(_ whole: [UInt8], before headerEnd: Int) -> [UInt8] {
        var bytes = whole
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            guard !bytes.isEmpty else { break }
            let place = Int.random(in: 0..<min(bytes.count, headerEnd), using: &random)
            switch Int.random(in: 0..<7, using: &random) {
            case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 1: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 2: overwrite(&bytes, at: place)
            case 3: bytes.removeSubrange(place..<min(place + Int.random(in: 1...16, using: &random), bytes.count))
            case 4: bytes.insert(contentsOf: bytes[place..<min(place + 16, bytes.count)], at: place)
            case 5: bytes.removeLast(Int.random(in: 0...min(bytes.count, 4096), using: &random))
            default: bytes[place] = whole[Int.random(in: 0..<whole.count, using: &random)]
            }
        }
        return bytes
    }

    /// Puts a number there that is likely to overflow something.
    private mutating func overwrite(_ bytes: inout [UInt8], at place: Int) {
        let numbers: [UInt64] = [0, 1, 0x7fff_ffff, 0xffff_ffff, 1 << 60, 1 << 62, 1 << 63, .max, .max - 31]
        let size = [1, 4, 8].randomElement(using: &random)!
        let number = withUnsafeBytes(of: numbers.randomElement(using: &random)!) { Array($0) }
        for (index, byte) in number.prefix(size).enumerated() where place + index < bytes.count {
            bytes[place + index] = byte
        }
    }
}
