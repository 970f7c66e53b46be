package import Tensors

/// A model as somebody published it, or as training left it: a GGUF file, a Hugging Face folder or a checkpoint.
package protocol ModelSource: Sendable {
    var architecture: Architecture { get }
    var tokenizer: TokenizerDescription { get }
    /// The name the file gives the model, or its file name.
    var name: String { get }
    /// Changes when the source does: made of header bytes, sizes and modification times, not of all weights.
    var digest: String { get }

    /// What the files hold that is left out since text comes out right without it, a sentence each.
    var leftOut: [String] { get }

    /// The tensor of a role, its shape checked against the architecture and its bytes against the file's length.
    func tensor(_ role: TensorRole) throws -> any SourceTensor
}

extension ModelSource {
    package var leftOut: [String] { [] }
}

/// Rows of weights in a file, in the order and with the numbers the file has.
package protocol SourceTensor: Sendable {
    /// What the file calls it.
    var name: String { get }
    var format: WeightFormat { get }
    var rows: Int { get }
    var columns: Int { get }

    /// Reads whole rows, `rows.count × format.bytesPerRow(columns:)` bytes, in the file's format (ggml blocks for the quantized ones).
    func read(rows: Range<Int>, into bytes: UnsafeMutableRawBufferPointer) throws
}
