import Tensors

/// The tensor types of safetensors files that are known by name.
struct SafetensorsType {
    let name: String
    /// Our own format of the same bytes, if there is one.
    var format: WeightFormat? { Self.formats[name] }

    private static let formats: [String: WeightFormat] = ["F32": .f32, "F16": .f16, "BF16": .bf16]
}
