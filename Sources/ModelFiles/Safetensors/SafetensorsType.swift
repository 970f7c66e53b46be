package import Tensors

/// The tensor types of safetensors files that are read or written, by their names there.
package enum SafetensorsType: String, Sendable, CaseIterable {
    case f32 = "F32"
    case f16 = "F16"
    case bf16 = "BF16"
    case i32 = "I32"
    case u8 = "U8"

    /// Bytes of one number.
    package var size: Int {
        switch self {
        case .f32, .i32: 4
        case .f16, .bf16: 2
        case .u8: 1
        }
    }

    init?(_ format: WeightFormat) {
        guard let type = Self.allCases.first(where: { $0.format == format }) else { return nil }
        self = type
    }

    /// Our own format of the same bytes, if there is one.
    package var format: WeightFormat? {
        switch self {
        case .f32: .f32
        case .f16: .f16
        case .bf16: .bf16
        case .i32, .u8: nil
        }
    }
}
