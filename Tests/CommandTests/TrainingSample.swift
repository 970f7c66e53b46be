import Foundation

/// A run that takes a moment: a few characters, two narrow layers.
struct TrainingSample {
    let folder: TemporaryFolder
    var offstage: OffstageCommand { OffstageCommand(folder: folder) }

    /// Sentences of four words that repeat, but never quite.
    static let text = (0..<260).map { sentence in
        (0..<4).map { word in words[(sentence * sentence + 3 * word) % words.count] }.joined(separator: " ") + ".\n"
    }.joined()
    private static let words = ["a", "red", "fox", "sat", "on", "the", "log", "and", "saw", "its", "old", "den", "far"]

    init() throws {
        folder = try TemporaryFolder()
        try folder.write(Self.text, to: "text.txt")
    }

    /// The command without a router; what comes later wins.
    static func command(steps: Int = 24, every: Int = 6, out: String = "run") -> [String] {
        [
            "train", "--data", "text.txt", "--layers", "2", "--hidden", "16", "--heads", "2", "--context", "16",
            "--batch", "4", "--experts", "4", "--learning-rate", "1e-2", "--validation-tokens", "256", "--steps",
            "\(steps)", "--checkpoint-every", "\(every)", "--validate-every", "\(every)", "--out", out,
        ]
    }

    /// The names of a run's checkpoints, in order.
    func checkpoints(_ out: String = "run") -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.file(out))) ?? []
        return names.filter { $0.hasPrefix("step-") && $0.hasSuffix(".safetensors") }.sorted()
    }

    /// The tensors of a run's last checkpoint.
    func tensors(_ out: String = "run") throws -> CheckpointTensors {
        try CheckpointTensors(path: folder.file("\(out)/\(checkpoints(out).last ?? "step")"))
    }

    /// The steps of the lines of a run's log.
    func loggedSteps(_ out: String = "run") throws -> [Int] {
        struct Line: Decodable { let step: Int }
        let log = try String(contentsOfFile: folder.file("\(out)/log.jsonl"), encoding: .utf8)
        return try log.split(separator: "\n").map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)).step }
    }
}

/// All tensors of a safetensors file, and nothing of what else its header says.
struct CheckpointTensors: Equatable {
    private let entries: NSDictionary
    private let bytes: Data

    init(path: String) throws {
        let file = try Data(contentsOf: URL(fileURLWithPath: path))
        let length = file.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
        var header = try JSONSerialization.jsonObject(with: file.dropFirst(8).prefix(length)) as? [String: Any] ?? [:]
        header["__metadata__"] = nil
        entries = header as NSDictionary
        bytes = file.dropFirst(8 + length)
    }

    /// All numbers of the f32 tensors.
    var floats: [Float] {
        entries.flatMap { _, entry -> [Float] in
            guard let entry = entry as? [String: Any], entry["dtype"] as? String == "F32",
                let offsets = entry["data_offsets"] as? [Int]
            else { return [] }
            let part = [UInt8](bytes.dropFirst(offsets[0]).prefix(offsets[1] - offsets[0]))
            return stride(from: 0, to: part.count, by: 4).map { start in
                Float(bitPattern: part[start..<start + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) })
            }
        }
    }

    var names: [String] { entries.allKeys.compactMap { $0 as? String } }
}
