import ArgumentParser
import ModelFiles
import Tensors

extension WeightFormat: NamedOption {
    static var allValueStrings: [String] { encodable.map(\.rawValue) }
}

extension FormatMix: NamedOption {}

/// A format or a mix, by its name.
extension Quantization: ExpressibleByArgument {
    init?(argument: String) {
        if let format = WeightFormat(argument: argument) {
            self = .one(format)
        } else if let mix = FormatMix(argument: argument) {
            self = .mix(mix)
        } else {
            return nil
        }
    }

    static var allValueStrings: [String] { WeightFormat.allValueStrings + FormatMix.allCases.map(\.rawValue) }
}
