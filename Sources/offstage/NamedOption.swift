public import ArgumentParser

/// A value that the command line takes by its name, in small or capital letters, and whatever its words are joined by:
/// `Q4_0` and `q4-0` are `q4_0`.
public protocol NamedOption: ExpressibleByArgument, RawRepresentable, CaseIterable where RawValue == String {}

extension NamedOption {
    public init?(argument: String) {
        guard let value = Self.allCases.first(where: { $0.rawValue.bare == argument.bare }) else { return nil }
        self = value
    }
}

extension String {
    fileprivate var bare: String { lowercased().filter { !"-_.".contains($0) } }
}
