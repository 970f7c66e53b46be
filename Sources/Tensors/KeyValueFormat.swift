/// How the numbers of a text's keys and values are kept.
public enum KeyValueFormat: String, Codable, Sendable, CaseIterable {
    /// As they were computed.
    case f32
    /// Rounded to 11 bits.
    case f16
    /// 8 bits each and a scale for 32 numbers of a head.
    // swift-format-ignore: AlwaysUseLowerCamelCase
    case q8_0

    /// Whether nothing is lost.
    public var isExact: Bool { self == .f32 }

    /// Numbers of a head that share a scale.
    package var blockSize: Int { weights.blockSize }

    var weights: WeightFormat {
        switch self {
        case .f32: .f32
        case .f16: .f16
        case .q8_0: .q8_0
        }
    }
}
