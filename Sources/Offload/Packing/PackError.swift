import ModelFiles
package import Tensors

/// Why a model cannot be packed as asked.
package enum PackError: Error, Equatable, CustomStringConvertible {
    /// A width does not divide into blocks of the format.
    case indivisible(tensor: String, columns: Int, format: WeightFormat)
    case requantized(tensor: String, from: WeightFormat, to: WeightFormat)
    case notEncodable(WeightFormat)
    /// A weight of the source is a NaN or an infinity.
    case notFinite(weight: String, value: String)
    /// A weight, or the scale of its block, has no place in the format.
    case tooGreat(weight: String, value: String, format: WeightFormat)
    case unlike(tensor: String, found: String, expected: String)
    /// The caller asked to stop; the same command goes on from here.
    case cancelled

    package var description: String {
        switch self {
        case .indivisible(let tensor, let columns, let format):
            "\(tensor) has rows of \(columns) weights, which do not divide into \(format.rawValue) blocks of \(format.blockSize);"
                + " choose a format without blocks, such as bf16"
        case .requantized(let tensor, let from, let to):
            "\(tensor) is \(from.rawValue) already and would lose more as \(to.rawValue); pack it without --quantize, or from a float model"
        case .notEncodable(let format):
            "weights are never turned into \(format.rawValue); choose one of \(WeightFormat.encodable.map(\.rawValue).joined(separator: ", "))"
        case .notFinite(let weight, let value):
            "\(weight) is \(value), and every text would come to nothing; get the file again, or another of this model"
        case .tooGreat(let weight, let value, let format):
            "\(weight) is \(value), which is too great for \(format.rawValue); choose another format, such as bf16"
        case .unlike(let tensor, let found, let expected):
            "\(tensor) is \(found), and \(expected) was expected"
        case .cancelled:
            "packing was interrupted; run the same command again to go on"
        }
    }

    static func indivisible(_ tensor: any SourceTensor, _ format: WeightFormat) -> PackError {
        .indivisible(tensor: tensor.name, columns: tensor.columns, format: format)
    }
}
