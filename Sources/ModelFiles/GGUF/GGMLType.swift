package import Tensors

/// The tensor types of GGUF files by number, as ggml numbers them.
package struct GGMLType: Sendable {
    package let number: UInt32
    package let name: String
    /// Our own format of the same bytes, if there is one.
    package let format: WeightFormat?

    /// The type of a number; one that ggml has not given out is called by its number.
    init(number: UInt32) {
        self.number = number
        name = Self.names[number] ?? "number \(number)"
        format = Self.ours.first { $0.value.number == number }?.key
    }

    /// The number of a format's type.
    package static func number(of format: WeightFormat) -> UInt32 { ours[format]!.number }

    /// llama.cpp's number for a file whose large tensors have a format (`llama_ftype`).
    package static func fileType(of format: WeightFormat) -> UInt32 { ours[format]!.fileType }

    /// The same for a mix, which `llama_ftype` has names for.
    static func fileType(of quantization: Quantization) -> UInt32 {
        switch quantization {
        case .one(let format): fileType(of: format)
        case .mix(.q4_K_S): 14
        case .mix(.q4_K_M): 15
        case .mix(.q5_K_S): 16
        case .mix(.q5_K_M): 17
        }
    }

    private static let ours: [WeightFormat: (number: UInt32, fileType: UInt32)] = [
        .f32: (0, 0), .f16: (1, 1), .q4_0: (2, 2), .q4_1: (3, 3), .q5_0: (6, 8), .q5_1: (7, 9), .q8_0: (8, 7),
        .q2_K: (10, 10), .q3_K: (11, 11), .q4_K: (12, 14), .q5_K: (13, 16), .q6_K: (14, 18), .iq4_nl: (20, 25),
        .iq3_s: (21, 26), .iq4_xs: (23, 30), .bf16: (30, 32), .mxfp4: (39, 38),
    ]

    private static let names: [UInt32: String] = [
        0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 4: "Q4_2", 5: "Q4_3", 6: "Q5_0", 7: "Q5_1", 8: "Q8_0", 9: "Q8_1",
        10: "Q2_K", 11: "Q3_K", 12: "Q4_K", 13: "Q5_K", 14: "Q6_K", 15: "Q8_K", 16: "IQ2_XXS", 17: "IQ2_XS",
        18: "IQ3_XXS", 19: "IQ1_S", 20: "IQ4_NL", 21: "IQ3_S", 22: "IQ2_S", 23: "IQ4_XS", 24: "I8", 25: "I16",
        26: "I32", 27: "I64", 28: "F64", 29: "IQ1_M", 30: "BF16", 31: "Q4_0_4_4", 32: "Q4_0_4_8", 33: "Q4_0_8_8",
        34: "TQ1_0", 35: "TQ2_0", 36: "IQ4_NL_4_4", 37: "IQ4_NL_4_8", 38: "IQ4_NL_8_8", 39: "MXFP4", 40: "NVFP4",
        41: "Q1_0", 42: "Q2_0",
    ]
}
