/// What of queries and keys is RMS-normalized before it is rotated.
public enum QueryKeyNorm: Sendable, Equatable {
    case none
    /// Each head by itself (Henry et al., 2020, arXiv 2010.04245; Qwen3).
    case heads
    /// All heads of a token together (Muennighoff et al., 2024, arXiv 2409.02060: OLMoE).
    case whole
}

extension QueryKeyNorm: Codable {
    /// False and true were all there was at first.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let isThere = try? container.decode(Bool.self) {
            self = isThere ? .heads : .none
        } else if try container.decode(String.self) == "whole" {
            self = .whole
        } else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "queries and keys are normalized in a way that is not known")
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .none: try container.encode(false)
        case .heads: try container.encode(true)
        case .whole: try container.encode("whole")
        }
    }
}
