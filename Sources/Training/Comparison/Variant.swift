import Foundation
package import Mixture

/// One of the routers that are compared: a name, and perhaps settings that differ from its defaults, written
/// `top-k:balance=0:bias_rate=0.001`.
package struct Variant: Sendable, Equatable {
    /// As it was written.
    package let label: String
    package let router: RouterName
    private let fields: [String: String]

    /// - Throws: ``TrainingError`` that says what is not understood.
    package init(_ label: String) throws {
        let parts = label.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard let router = RouterName(rawValue: parts[0]) else {
            throw TrainingError(
                "\(parts[0].debugDescription) is no router; known are "
                    + RouterName.allCases.map(\.rawValue).joined(separator: ", "))
        }
        var fields: [String: String] = [:]
        for part in parts.dropFirst() {
            let pair = part.split(separator: "=", maxSplits: 1).map(String.init)
            guard pair.count == 2 else {
                throw TrainingError("\(part.debugDescription) in \(label) is no setting; write field=value")
            }
            fields[pair[0]] = pair[1]
        }
        self.label = label
        self.router = router
        self.fields = fields
    }

    /// A recipe with this router and a seed of its own; what else it says stays.
    func recipe(_ recipe: Recipe, seed: UInt64) throws -> Recipe {
        var router: Recipe.Fields = ["name": router.rawValue]
        for (name, value) in fields { router[name] = Self.value(value) }
        return try recipe.setting(["router": router, "seed": seed, "name": folder(seed: seed)]).validated()
    }

    /// A plain name for a folder.
    func folder(seed: UInt64) -> String {
        label.replacing(":", with: "-").replacing("=", with: "-").replacing("/", with: "-") + "-seed-\(seed)"
    }

    private static func value(_ text: String) -> any Sendable {
        if let number = Int(text) { return number }
        if let number = Double(text) { return number }
        return Bool(text) ?? text
    }
}
