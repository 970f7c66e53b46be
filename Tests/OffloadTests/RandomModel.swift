import ModelFiles
import Tensors

/// A model of random weights, the same for the same seed.
struct RandomModel: ModelSource {
    var architecture = Architecture(
        vocabularySize: 50, hiddenSize: 64, layerCount: 3, headCount: 4, keyValueHeadCount: 2, headSize: 16,
        intermediateSize: 96, expertCount: 5, expertsPerToken: 2, normEpsilon: 1e-5, rotaryBase: 10000,
        rotaryPairing: .adjacent, rotaryDimensions: 16, slidingWindow: nil, tiedEmbeddings: false, contextLength: 128)
    var experts = WeightFormat.f32
    /// The down matrices of some layers, as mixes of formats have them.
    var down: [Int: WeightFormat] = [:]
    var dense = WeightFormat.f32
    var name = "random"
    var digest = "digest of random"

    /// Another than the usual vocabulary.
    var vocabulary: TokenizerDescription?

    var tokenizer: TokenizerDescription {
        if let vocabulary { return vocabulary }
        let pieces = 0..<min(50, architecture.vocabularySize)
        return TokenizerDescription(
            pieces: pieces.map { "▁piece\($0)" }, scores: pieces.map { -Float($0) / 3 },
            kinds: pieces.map { $0 < 3 ? .control : .normal }, unknownID: 0,
            beginningID: pieces.contains(1) ? 1 : nil, endIDs: [2].filter(pieces.contains), addsBeginning: true,
            addsSpacePrefix: true, removesExtraSpaces: false, chatTemplate: "{{ bos_token }}")
    }

    func tensor(_ role: TensorRole) throws -> any SourceTensor {
        let shape = role.shape(in: architecture)
        let format =
            switch role.kind {
            case .expertDown: down[role.layer ?? 0] ?? experts
            case _ where role.isExpert: experts
            case _ where role.isAlwaysFloat: WeightFormat.f32
            default: dense
            }
        return RandomTensor(name: "\(role)", format: format, rows: shape.rows, columns: shape.columns)
    }

    /// A model whose store is a few dozen pages long.
    static var tiny: RandomModel {
        var model = RandomModel(experts: .q4_0, dense: .q4_0)
        model.architecture.vocabularySize = 20
        model.architecture.layerCount = 1
        model.architecture.expertCount = 3
        return model
    }

    /// The numbers the source has for a row.
    func numbers(_ role: TensorRole, row: Int) throws -> [Float] {
        let tensor = try tensor(role)
        var bytes = [UInt8](repeating: 0, count: tensor.format.bytesPerRow(columns: tensor.columns)!)
        try bytes.withUnsafeMutableBytes { try tensor.read(rows: row..<row + 1, into: $0) }
        var numbers = [Float](repeating: 0, count: tensor.columns)
        var span = numbers.mutableSpan
        bytes.withUnsafeBytes { tensor.format.decode($0, into: &span) }
        return numbers
    }
}

private struct RandomTensor: SourceTensor {
    let name: String
    let format: WeightFormat
    let rows: Int
    let columns: Int

    func read(rows: Range<Int>, into bytes: UnsafeMutableRawBufferPointer) throws {
        let rowBytes = format.bytesPerRow(columns: columns)!
        let stream = name.utf8.reduce(UInt64(7)) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        for (index, row) in rows.enumerated() {
            var random = RandomNumbers(seed: stream, stream: UInt64(row))
            let file = UnsafeMutableRawBufferPointer(rebasing: bytes[index * rowBytes..<(index + 1) * rowBytes])
            if format.canEncode {
                var numbers = [Float](repeating: 0, count: columns)
                var span = numbers.mutableSpan
                random.fillNormal(&span, deviation: 1)
                format.encode(numbers.span, into: file)
            } else {
                for start in stride(from: 0, to: rowBytes, by: format.bytesPerBlock) {
                    let block = UnsafeMutableRawBufferPointer(rebasing: file[start..<start + format.bytesPerBlock])
                    repeat {
                        for byte in block.indices { block[byte] = UInt8(truncatingIfNeeded: random.next()) }
                    } while format.firstNonFinite(in: UnsafeRawBufferPointer(block)) != nil
                }
            }
        }
    }
}
