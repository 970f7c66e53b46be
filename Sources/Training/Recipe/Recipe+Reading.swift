import Foundation
import Mixture

extension Recipe {
    /// Fields of a recipe with the values of some of them, as JSON.
    package typealias Fields = [String: any Sendable]

    /// Reads a recipe file and sets `fields` over it.
    ///
    /// - Parameter path: nil: the defaults.
    /// - Throws: ``TrainingError`` that names the field.
    package init(path: String?, fields: Fields = [:]) throws {
        self.init()
        if let path {
            let name = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
            self = try overlaid(by: ["name": name], from: path).overlaid(by: Self.fields(at: path), from: path)
        }
        self = try overlaid(by: fields, from: "the command line")
    }

    /// The recipe with some fields set.
    ///
    /// - Throws: ``TrainingError`` that names the field.
    package func setting(_ fields: Fields) throws -> Recipe { try overlaid(by: fields, from: "the command line") }

    /// The recipe as the text of a file.
    package func text() throws -> String {
        var fields = try allFields()
        fields["router"] = (fields["router"] as? Fields)?.filter { Self.routerNames.contains($0.key) }
        let text = try JSONSerialization.data(
            withJSONObject: fields, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
        return String(decoding: text, as: UTF8.self) + "\n"
    }

    /// Every field that has a value.
    private func allFields() throws -> Fields {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return try JSONSerialization.jsonObject(with: encoder.encode(self)) as? Fields ?? [:]
    }

    /// Reads a recipe out of ``text()``.
    package init(text: String, from place: String) throws {
        self = try Recipe().overlaid(by: Self.fields(in: Data(text.utf8), from: place), from: place)
    }

    private static func fields(at path: String) throws -> Fields {
        do {
            return try fields(in: Data(contentsOf: URL(fileURLWithPath: path)), from: path)
        } catch let error as CocoaError {
            let reason = (error.underlying as? POSIXError).map { String(cString: strerror($0.code.rawValue)) }
            throw TrainingError("the recipe \(path) cannot be read: \(reason ?? error.localizedDescription)")
        }
    }

    private static func fields(in data: Data, from place: String) throws -> Fields {
        guard data.count <= 1 << 20 else {
            throw TrainingError("\(place) has \(data.count) bytes; a recipe has some hundred. Is it a recipe?")
        }
        let object: Any
        do {
            object = try JSONSerialization.jsonObject(with: data)
        } catch {
            let detail = (error as NSError).userInfo["NSDebugDescription"] as? String ?? "\(error)"
            throw TrainingError("\(place) is not JSON: \(detail)")
        }
        guard let fields = object as? Fields else {
            throw TrainingError("\(place) is no recipe: it must hold one JSON object")
        }
        return fields
    }

    private func overlaid(by fields: Fields, from place: String) throws -> Recipe {
        try Self.check(fields, known: Self.names, from: place)
        try Self.checkFinite(fields, from: place)
        do {
            return try decoded(over: fields, from: place)
        } catch let error as DecodingError {
            if error.hasPlace { throw TrainingError("\(place): \(error.plainly)") }
            // Numbers that do not fit are found by trying the fields one by one.
            let name = fields.keys.sorted().first { (try? decoded(over: [$0: fields[$0]!], from: place)) == nil }
            guard let name, let value = fields[name] else { throw TrainingError("\(place): \(error.plainly)") }
            throw TrainingError("\(place): the field \"\(name)\" cannot be \(value)")
        }
    }

    private func decoded(over fields: Fields, from place: String) throws -> Recipe {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        var all = try allFields().merging(fields) { $1 }
        if let router = fields["router"] { all["router"] = try overlaid(router, from: place) }
        let said = all.filter { !($0.value is NSNull) }
        return try decoder.decode(Recipe.self, from: JSONSerialization.data(withJSONObject: said))
    }

    /// JSON has no way to write infinity, but a command line has.
    private static func checkFinite(_ fields: Fields, from place: String) throws {
        for (name, value) in fields.sorted(by: { $0.key < $1.key }) {
            if let inner = value as? Fields { try checkFinite(inner, from: place) }
            guard let number = value as? Double ?? (value as? Float).map(Double.init), !number.isFinite else {
                continue
            }
            throw TrainingError("\(place): \(name) is \(number); it must be a finite number")
        }
    }

    /// The router's fields with those of this recipe below them, if it is the same router.
    private func overlaid(_ router: any Sendable, from place: String) throws -> Fields {
        let fields = (router as? String).map { ["name": $0] } ?? router as? Fields
        guard let fields else { throw TrainingError("\(place): the field \"router\" is neither a name nor an object") }
        try Self.check(fields, known: Self.routerNames, from: place)
        if let name = fields["name"] as? String, name != self.router.name.rawValue { return fields }
        let own = try allFields()["router"] as? Fields ?? [:]
        return own.merging(fields) { $1 }.filter { !($0.value is NSNull) }
    }

    private static func check(_ fields: Fields, known: Set<String>, from place: String) throws {
        for name in fields.keys.sorted() where !known.contains(name) {
            throw TrainingError(
                "\(place) has the unknown field \"\(name)\"; known are \(known.sorted().joined(separator: ", "))")
        }
    }

    /// What differs, as `field: this one's → the other's`.
    func differences(to other: Recipe) -> [String] {
        zip(Mirror(reflecting: self).children, Mirror(reflecting: other).children)
            .filter { "\($0.value)" != "\($1.value)" }
            .map { "\($0.label?.snakeCase ?? ""): \(Self.plain($0.value)) → \(Self.plain($1.value))" }
    }

    private static func plain(_ value: Any) -> String {
        let optional = Mirror(reflecting: value)
        guard optional.displayStyle == .optional else { return "\(value)" }
        return optional.children.first.map { "\($0.value)" } ?? "default"
    }

    private static let names = names(of: Recipe())
    private static let routerNames = names(of: Recipe().router).subtracting(["experts", "top_k"])

    private static func names(of value: Any) -> Set<String> {
        Set(Mirror(reflecting: value).children.compactMap { $0.label.map(\.snakeCase) })
    }
}

extension String {
    /// `likeThis` as `like_this`.
    fileprivate var snakeCase: String {
        reduce(into: "") { $0 += $1.isUppercase ? "_" + $1.lowercased() : String($1) }
    }
}

extension DecodingError {
    /// Whether it says which field is meant.
    fileprivate var hasPlace: Bool {
        if case .dataCorrupted(let context) = self { return !context.codingPath.isEmpty }
        return true
    }

    /// What is wrong with which field, for the person who wrote it.
    fileprivate var plainly: String {
        func field(_ context: Context, _ key: (any CodingKey)? = nil) -> String {
            let path = (context.codingPath + (key.map { [$0] } ?? [])).map(\.stringValue.snakeCase)
            return "the field \"\(path.joined(separator: "."))\""
        }
        return switch self {
        case .typeMismatch(let type, let context): "\(field(context)) is no \(type): \(context.debugDescription)"
        case .valueNotFound(let type, let context): "\(field(context)) has no value; a \(type) is wanted"
        case .keyNotFound(let key, let context): "\(field(context, key)) is missing"
        case .dataCorrupted(let context): "\(field(context)): \(context.debugDescription)"
        @unknown default: "\(self)"
        }
    }
}
